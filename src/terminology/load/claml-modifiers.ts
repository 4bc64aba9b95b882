/** Subdivisions that many classes share and that stand in the file once: `.0 With coma`, of E10 to E14. https://www.cen.eu (EN 14463) */

export type Classified = {
  readonly display: string
  readonly line: number
  readonly parents: readonly string[]
  /** `valid`: of all the subdivisions, these. */
  readonly modifiers: readonly { readonly code: string; readonly valid?: readonly string[] }[]
  /** Modifiers of what is above it that do not hold for it. */
  readonly excluded: readonly string[]
}

export type Subdivision = {
  readonly code: string
  readonly display: string
  readonly usage?: string | undefined
  /** Modifiers with a code of theirs, `S04E10_4 .2`, behind which it does not stand. */
  readonly notAfter: readonly string[]
}

export type Subdivided = Pick<Subdivision, 'code' | 'display' | 'usage'> & {
  readonly parent: string
  readonly line: number
}

/** `by`: the modifier and its code that made it. */
type Above = { readonly code: string; readonly display: string; readonly by?: string }

/** Of classes that have none of their own, one modifier after the other: E10, E10.2, E10.20. */
export function* subdivided(
  classes: ReadonlyMap<string, Classified>,
  subdivisions: ReadonlyMap<string, readonly Subdivision[]>,
): Generator<Subdivided> {
  const divided = new Set([...classes.values()].flatMap(({ parents }) => parents))
  for (const [code, { display, line }] of classes) {
    if (divided.has(code)) continue
    let above: readonly Above[] = [{ code, display }]
    for (const modifier of modifiersOf(code, classes)) {
      const all = subdivisions.get(modifier.code) ?? []
      const valid = all.filter(each => modifier.valid?.includes(each.code) ?? true)
      const below = above.flatMap(one =>
        valid
          .filter(each => isAllowed(one, each, classes))
          .map(each => ({ ...joined(one, each), line, by: `${modifier.code} ${each.code}` })),
      )
      yield* below
      above = below
    }
  }
}

function joined(above: Above, { code, display, usage }: Subdivision): Omit<Subdivided, 'line'> {
  return { code: `${above.code}${code}`, display: `${above.display}: ${display}`, parent: above.code, usage }
}

/**
 * Of ICD-10: a fourth character behind the period, and a fifth. Which one stands in for a fourth that there is not, no file says.
 * Codes of other classifications are as they are.
 */
const form = /^[A-Z]\d\d\.\d\d?$|^(?![A-Z]\d\d)/

function isAllowed(above: Above, { code, notAfter }: Subdivision, classes: ReadonlyMap<string, Classified>): boolean {
  const whole = `${above.code}${code}`
  return form.test(whole) && !classes.has(whole) && !notAfter.some(each => each === above.by)
}

/** Its own, or those of what it belongs to. */
function modifiersOf(
  code: string,
  classes: ReadonlyMap<string, Classified>,
  below: ReadonlySet<string> = new Set(),
): Classified['modifiers'] {
  const it = classes.get(code)
  if (it === undefined || below.has(code)) return []
  if (it.modifiers.length > 0) return it.modifiers
  const path = new Set(below).add(code)
  const inherited = it.parents.map(parent => modifiersOf(parent, classes, path)).find(each => each.length > 0) ?? []
  return inherited.filter(modifier => !it.excluded.includes(modifier.code))
}
