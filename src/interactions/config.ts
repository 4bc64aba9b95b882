/** The settings of the interactions; root `config.ts` merges them with those of the other folders. */
export const interactionSettings = {
  KILN_SEARCH_HANDLING: {
    type: 'string',
    enum: ['strict', 'lenient'],
    default: 'strict',
    description:
      'What becomes of search parameters that are unknown or malformed: `strict` refuses the search, `lenient` leaves them out and says so. `Prefer: handling=…` of a request wins.',
    expected: 'strict or lenient',
  },
  KILN_SEARCH_BUDGET: {
    type: 'integer',
    minimum: 1,
    maximum: 600_000,
    default: 10_000, // a search that uses an index takes milliseconds
    description: 'Milliseconds that the store may work at one question of a search before it is refused as too costly.',
    expected: 'milliseconds from 1 to 600000',
  },
  KILN_BREAK_GLASS_MINUTES: {
    type: 'integer',
    minimum: 1,
    maximum: 1_440,
    default: 60, // as long as an emergency takes
    description: 'For how many minutes glass that was broken with `$break-glass` stays broken at most.',
    expected: 'minutes from 1 to 1440',
  },
  KILN_UNKNOWN_PROFILES: {
    type: 'string',
    enum: ['accept', 'refuse'],
    default: 'accept',
    description:
      'What becomes of a resource that claims, in `meta.profile`, a profile that is not known here, and of a response to a questionnaire that is not: `accept` stores it with a warning, `refuse` does not.',
    expected: 'accept or refuse',
  },
} as const
