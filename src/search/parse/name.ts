/**
 * The name of a parameter, taken apart before anything is looked up: `_has:Group:member:actual:not`, `subject:Patient.name:exact`.
 * https://hl7.org/fhir/R4/search.html#chaining and https://hl7.org/fhir/R4/search.html#has
 */
import { mistake, shown } from './known.ts'

export type Name = {
  /** As it came. */
  readonly text: string
  readonly steps: readonly Step[]
  readonly code: string
  /** Of `:exact` or `:Patient`, what follows the colon. */
  readonly modifier?: string
}

export type Step =
  | { readonly by: 'chain'; readonly code: string; readonly type?: string }
  | { readonly by: 'has'; readonly type: string; readonly code: string }

export const deepest = 10 // references that one parameter may follow; each is a join

const reverse = '_has:'

export function parseName(text: string): Name {
  const steps: Step[] = []
  let rest = text
  for (let next = firstStep(rest, text); next !== undefined; next = firstStep(rest, text)) {
    if (steps.length === deepest)
      throw mistake(
        'too-costly',
        `${shown(text)}: follows more than ${deepest} references: expected at most ${deepest}`,
      )
    steps.push(next.step)
    rest = next.rest
  }
  const [code, modifier] = cut(rest, ':')
  if (code === '') throw mistake('value', `${shown(text)}: expected the name of a search parameter at the end`)
  return { text, steps, code, ...(modifier === undefined ? {} : { modifier }) }
}

type Taken = { readonly step: Step; readonly rest: string }

/** Undefined if only the parameter itself is left. */
function firstStep(rest: string, whole: string): Taken | undefined {
  if (rest === '_has' || rest.startsWith(reverse)) return has(rest.slice(reverse.length), whole)
  const [reference, behind] = cut(rest, '.')
  if (behind === undefined) return undefined
  const [code, type] = cut(reference, ':')
  return { step: { by: 'chain', code, ...(type === undefined ? {} : { type }) }, rest: behind }
}

function has(text: string, whole: string): Taken {
  const [type, behind = ''] = cut(text, ':')
  const [code, rest] = cut(behind, ':')
  if (type === '' || code === '' || !rest)
    throw mistake(
      'value',
      `${shown(whole)}: expected _has:[type]:[reference parameter]:[parameter], as in _has:Observation:patient:code`,
    )
  return { step: { by: 'has', type, code }, rest }
}

function cut(text: string, mark: string): readonly [string, string?] {
  const at = text.indexOf(mark)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
