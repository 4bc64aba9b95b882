/** FHIRPath over a resource, within limits. https://hl7.org/fhir/R4/fhirpath.html */
import { type FhirError, fail } from '../issue.ts'
import type { Json, Resource } from '../resource.ts'
import { asFhirError, compile, quoted } from './compile.ts'
import { fromEngine, toEngine } from './decimals.ts'
import { engine } from './engine.ts'
import { cutOff } from './time-limit.ts'

export type Limits = {
  /** Evaluation steps plus the values they give; 100,000 take about 50 ms. */
  readonly cost: number
  /** Characters of a string that a step may give. */
  readonly text: number
  /** Wall time after which the evaluation is cut off, whatever it does: one step may hold a regular expression or a product of two lists. */
  readonly ms?: number
}

/** For expressions of clients. */
export const ofClients: Limits = { cost: 100_000, text: 1_000_000, ms: 250 }

/** For expressions of the definitions that Kiln has loaded. The clock is not asked: a busy machine must not change a verdict. */
export const ofDefinitions: Limits = { cost: 10_000_000, text: 100_000_000 }

export type Variables = Readonly<Record<string, Json>>

/** The values that the expression gives; nothing but JSON comes out, and the resource is left as it is. */
export function evaluate(
  expression: string,
  resource: Resource,
  limits: Limits = ofClients,
  variables: Variables = {},
): readonly Json[] {
  return run(expression, resource, limits, variables)
    .map(result => fromEngine(engine().isNode(result) ? result.data : result))
    .filter(value => value !== undefined && value !== null)
}

/** What the engine gives: nodes for elements of the resource, bare values for what was computed. */
export function run(
  expression: string,
  resource: Resource,
  limits: Limits,
  variables: Variables = {},
): readonly unknown[] {
  engine() // cut off while it loads, it would stay half loaded
  const data = toEngine(resource)
  const known = Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, toEngine(value)]))
  const options = { debugger: meter(expression, limits) }
  try {
    const work = () => asList(compile(expression)(data, known, options))
    const results = limits.ms === undefined ? work() : cutOff(limits.ms, work)
    if (results === undefined) throw tooCostly(expression, `more than ${limits.ms} ms`)
    return results
  } catch (cause) {
    throw asFhirError('processing', expression, cause)
  }
}

/** Called after each step of the evaluation. */
function meter(expression: string, { cost, text }: Limits) {
  let spent = 0
  return (_context: unknown, _focus: unknown, result: unknown): void => {
    spent += 1 + (Array.isArray(result) ? result.length : 0)
    if (spent > cost) throw tooCostly(expression, `more than ${cost} steps`)
    const only = Array.isArray(result) && result.length === 1 ? result[0] : undefined
    if (typeof only === 'string' && only.length > text)
      throw tooCostly(expression, `a string of over ${text} characters`)
  }
}

function tooCostly(expression: string, what: string): FhirError {
  return fail('too-costly', `${quoted(expression)} was given up: its evaluation takes ${what}`)
}

function asList(result: unknown): readonly unknown[] {
  return Array.isArray(result) ? result : [result]
}
