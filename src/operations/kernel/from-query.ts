/** Parameters in the URL: primitive ones only. https://hl7.org/fhir/R4/operations.html#request */
import type { OperationParameter } from '../../conformance/artifact.ts'
import { error, type Issue, parameterAt } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { nearest } from '../../fhir/nearest.ts'
import type { Json } from '../../fhir/resource.ts'
import type { Shapes } from '../../fhir/shape.ts'
import { primitives } from '../../validation/primitive.ts'
import type { Argument, Expected } from './input.ts'
import { kindOf } from './types.ts'

/** About the form of the answer; where an operation defines one of them, it is the operation's. */
const ofTheAnswer: ReadonlySet<string> = new Set(['_format', '_pretty', '_summary', '_elements'])

export function fromQuery(
  query: URLSearchParams,
  expected: Expected,
  shapes: Shapes,
  unknown: 'refuse' | 'ignore',
  issues: Issue[],
): readonly Argument[] {
  const given: Argument[] = []
  query.forEach((text, name) => {
    const parameter = expected.get(name)
    if (parameter === undefined) {
      if (unknown === 'refuse' && !ofTheAnswer.has(name)) issues.push(unexpected(name, expected, parameterAt(name)))
      return
    }
    if (parameter.type === 'string' && text === '') return // a field of a form in which nobody typed
    const found = argument(parameter, text, shapes, issues)
    if (found !== undefined) given.push(found)
  })
  return given
}

export function unexpected(name: string, expected: Expected, at?: string): Issue {
  const meant = nearest(name, expected.keys())
  const names = expected.size === 0 ? 'none' : `${[...expected.keys()].join(', ')}`
  const hint = meant === undefined ? `expected ${names}` : `did you mean '${meant}'?`
  return error('invalid', `the operation has no parameter '${name}': ${hint}`, at)
}

function argument(parameter: OperationParameter, text: string, shapes: Shapes, issues: Issue[]): Argument | undefined {
  const { name, type = '' } = parameter
  const at = parameterAt(name)
  if (kindOf(parameter, shapes) !== 'primitive') {
    const what = type === '' ? 'consists of parts' : `is of the type ${type}`
    const why = `the parameter '${name}' ${what}, which a URL cannot carry: expected it in a Parameters resource, sent by POST`
    issues.push(error('invalid', why, at))
    return undefined
  }
  const value = read(type, text)
  const fault = primitives.get(type)?.(value)
  if (!fault) return { name, value, at }
  issues.push(error('value', `the parameter '${name}' in the URL: ${fault.text}`, at))
  return undefined
}

const numbers: ReadonlySet<string> = new Set(['decimal', 'integer', 'positiveInt', 'unsignedInt'])

/** What cannot be read stays text, which the check of the type then names. A flag without a value is set: `?explain`. */
function read(type: string, text: string): Json {
  if (type === 'boolean') return text === 'true' || text === '' || (text !== 'false' && text)
  return numbers.has(type) && /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? parseJson(text) : text
}
