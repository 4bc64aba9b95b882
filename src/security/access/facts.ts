/** What is known of a principal beside his token: what the variables of policies and the actors of consents stand for. */

/** References each: `Patient/23`. */
export type Facts = {
  /** The patient himself, or those whom he acts for. */
  readonly patient: readonly string[]
  readonly practitioner: readonly string[]
  /** In which he works at present. */
  readonly role: readonly string[]
  readonly organization: readonly string[]
  readonly location: readonly string[]
  readonly careteam: readonly string[]
  readonly user: readonly string[]
}

export const noFacts: Facts = {
  ...{ patient: [], practitioner: [], role: [], organization: [], location: [], careteam: [], user: [] },
}

const variable = /%([a-z]+)(\.id)?/g

/** Of criteria, that nobody could know: `%colour`. An escaped byte (`%7C`) is none. */
export function unknownVariables(text: string): readonly string[] {
  const names = [...text.matchAll(variable)].map(([, name = '']) => name)
  return names.filter(name => !Object.hasOwn(noFacts, name) && !/^[0-9a-f]{2}/.test(name))
}

/** `undefined`: a variable has no value, so nothing can fit. */
export function filled(text: string, facts: Facts): string | undefined {
  let isEmpty = false
  const whole = text.replaceAll(variable, (found, name: string, id: string | undefined) => {
    if (!Object.hasOwn(facts, name)) return found
    const known = facts[name as keyof Facts]
    isEmpty ||= known.length === 0
    return known.map(reference => (id === undefined ? reference : reference.split('/').at(-1))).join(',')
  })
  return isEmpty || unknownVariables(text).length > 0 ? undefined : whole
}

/** What a single variable stands for: `%patient`. */
export function valuesOf(text: string, facts: Facts): readonly string[] {
  const name = text.startsWith('%') ? text.slice(1) : ''
  return Object.hasOwn(facts, name) ? facts[name as keyof Facts] : []
}
