/** How large and how deep a JSON document may be. What breaks a limit is refused before anything is built from it. */
export type JsonLimits = {
  /** Objects and arrays inside each other; those who walk a tree by recursion rely on it. R4's own examples stay below 20. */
  readonly depth: number
  /** Members of one object: R4 has at most 80, `_` twins counted, and V8 keeps objects fast up to 1,020. */
  readonly keys: number
  /** Members and items of the whole document: 40 MB of ordinary FHIR. A dense hostile body then costs 0.5 s and 200 MB. */
  readonly values: number
}

export const jsonLimits: JsonLimits = { depth: 64, keys: 1_000, values: 2_000_000 }

/** For what this server prints itself: many resources as large as may be, in a history, in the answer to a batch. */
export const ownLimits: JsonLimits = { ...jsonLimits, depth: jsonLimits.depth + 8, values: Number.POSITIVE_INFINITY }
