/** FHIRPath, compiled to closures over our JSON. http://hl7.org/fhirpath/N1/ */
import { fail } from '../../issue.ts'
import type { Json, JsonObject } from '../../resource.ts'
import type { Shapes } from '../../shape.ts'
import { pathLimits } from '../compile.ts'
import { type Code, type Environment, Item, type Items, Run } from './item.ts'
import { SyntaxFault } from './lexer.ts'
import { parse } from './parser.ts'
import { translate, Unsupported } from './translate.ts'
import { type Types, typesOf } from './type.ts'

/** Steps and values of one evaluation: a second or two. No invariant of R4 needs more than some per element. */
const cost = 10_000_000

export type Compiled = {
  /** `companion`: what stands under `_name`, if the focus is a primitive. Throws `FhirError` if the expression does not fit what it finds. */
  readonly run: (focus: Json | undefined, env: Environment, companion?: JsonObject) => Items
  readonly test: (focus: Json | undefined, env: Environment, companion?: JsonObject) => boolean | undefined
}

export type Place = {
  /** Of the focus: `Patient`, `Patient.contact`, `HumanName`, `code`. */
  readonly type: string
  readonly shapes: Shapes
  readonly cost?: number
  /** It takes its steps out of the environment's allowance. */
  readonly metered?: boolean
}

/** Throws `FhirError` (`invalid`) with the place of the mistake. `undefined`: right perhaps, but beyond this compiler. */
export function compileExpression(expression: string, place: Place): Compiled | undefined {
  const types = typesOf(place.shapes)
  const code = codeFor(expression, types)
  if (code === undefined) return undefined
  const declared = types.of(place.type)
  const { cost: steps = cost, metered = false } = place
  const begin = (focus: Json | undefined, env: Environment, companion?: JsonObject): Run => {
    const item = new Item(types.concrete(declared, focus), focus, companion)
    const given = metered && env.allowance !== undefined ? Math.min(steps, env.allowance.left) : steps
    return new Run(env, types, item, expression, given)
  }
  const ask = <T>(run: Run, code: (focus: Item, run: Run) => T): T => {
    const before = run.left
    try {
      return code(run.context, run)
    } finally {
      if (metered && run.env.allowance !== undefined) run.env.allowance.left -= before - run.left
    }
  }
  return {
    run: (focus, env, companion) => ask(begin(focus, env, companion), code.items),
    test(focus, env, companion) {
      const run = begin(focus, env, companion)
      return ask(run, code.truth) ?? (run.unclear ? undefined : false)
    },
  }
}

function codeFor(expression: string, types: Types): Code | undefined {
  if (expression.length > pathLimits.length) {
    throw fail(
      'too-costly',
      `the FHIRPath expression has ${expression.length} characters, at most ${pathLimits.length} are allowed`,
    )
  }
  try {
    return translate(parse(expression), types)
  } catch (fault) {
    if (fault instanceof Unsupported) return undefined
    if (!(fault instanceof SyntaxFault)) throw fault
    throw fail(
      'invalid',
      `'${expression.slice(0, 200)}' is not valid FHIRPath: ${fault.message}, at character ${fault.at + 1}`,
    )
  }
}
