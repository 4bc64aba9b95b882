/** FHIRPath text → something to run, parsed once. http://hl7.org/fhirpath/N1/ */
import { FhirError, fail } from '../issue.ts'
import { engine, type Run } from './engine.ts'

export const pathLimits = {
  /** Characters: the longest expression among R4's definitions has 1,100. */
  length: 4_000,
  /** Open brackets; the parser descends recursively for each. */
  nesting: 32,
  /** Compiled expressions kept, 10 KB each; the oldest goes first. */
  kept: 1_000,
}

const compiled = new Map<string, Run>()

export function compile(expression: string): Run {
  const known = compiled.get(expression)
  if (known !== undefined) return known
  const run = parse(expression)
  if (compiled.size >= pathLimits.kept) for (const oldest of compiled.keys().take(1)) compiled.delete(oldest)
  compiled.set(expression, run)
  return run
}

function parse(expression: string): Run {
  if (expression.trim() === '') throw fail('invalid', 'a FHIRPath expression is expected, received nothing')
  if (expression.length > pathLimits.length) {
    throw fail(
      'too-costly',
      `the FHIRPath expression has ${expression.length} characters, at most ${pathLimits.length} are allowed`,
    )
  }
  const nesting = nestingOf(expression)
  if (nesting > pathLimits.nesting) {
    throw fail(
      'too-costly',
      `the FHIRPath expression nests ${nesting} brackets, at most ${pathLimits.nesting} are allowed`,
    )
  }
  try {
    return engine().compile(withElementNames(expression))
  } catch (cause) {
    throw asFhirError('invalid', expression, cause)
  }
}

/** What the package throws are plain errors with the reason as text, a `RangeError` where its recursion went too deep. */
export function asFhirError(code: 'invalid' | 'processing', expression: string, cause: unknown): FhirError {
  if (cause instanceof FhirError) return cause
  if (cause instanceof RangeError) {
    return fail('too-costly', `${quoted(expression)} was given up: it nests or repeats too deeply`, undefined, {
      cause,
    })
  }
  const reason = (cause instanceof Error ? cause.message : String(cause)).replaceAll(/\s+/g, ' ').slice(0, 300)
  const verdict = code === 'invalid' ? 'is not valid FHIRPath' : 'cannot be evaluated'
  return fail(code, `${quoted(expression)} ${verdict}: ${reason}`, undefined, { cause })
}

export function quoted(expression: string): string {
  return expression.length <= 200 ? `'${expression}'` : `'${expression.slice(0, 200)}…'`
}

/** The grammar reserves `div`, yet it is an element: HL7's own patch tests say `Patient.text.div`. Behind a dot it is no operator. */
function withElementNames(expression: string): string {
  return expression.replaceAll(/'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\.div\b/g, token =>
    token === '.div' ? '.`div`' : token,
  )
}

/** Deepest bracket outside of strings, delimited identifiers and comments. */
function nestingOf(expression: string): number {
  let depth = 0
  let deepest = 0
  for (const [token] of expression.matchAll(
    /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\/.*|\/\*[\s\S]*?\*\/|[([{]|[)\]}]/g,
  )) {
    if (/^[([{]$/.test(token)) deepest = Math.max(deepest, ++depth)
    else if (/^[)\]}]$/.test(token)) depth--
  }
  return deepest
}
