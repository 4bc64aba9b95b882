/** One test of a `_filter` → what a store is asked. https://hl7.org/fhir/R4/search_filter.html#ops */
import { parseDate } from '../../fhir/date.ts'
import { and, type Node, not, or } from '../node.ts'
import type { SearchParameter } from '../parameters.ts'
import { mistake, shown } from '../parse/known.ts'
import type { FilterTest } from '../query.ts'
import type { Asked } from '../questions/question.ts'
import type { Soon } from '../soon.ts'
import { normalized, searched } from '../values/string.ts'

/** Any other parameter of a search, asked of the type at hand. */
type AskOther = (asked: Asked) => Soon<Node>

export async function testNode(test: FilterTest, parameter: SearchParameter, other: AskOther): Promise<Node> {
  const { op } = test
  const ask = (value: string, modifier?: string): Soon<Node> =>
    other({ name: `_filter: ${test.text}`, parameter, ...(modifier && { modifier }), values: [value] })
  const value = written(test.value, parameter)
  switch (op) {
    case 'eq':
    case 'ne':
      return equal(test, parameter, ask)
    case 'co':
      return parameter.type === 'string' ? ask(value, 'contains') : includes(test, parameter)
    case 'sw':
    case 're':
      return ask(value)
    case 'ew':
      return { is: 'contains', slot: parameter.code, text: ending(test.value) }
    case 'pr':
      return ask('false', 'missing')
    case 'po':
      // An instant overlaps with what it lies in.
      return parameter.code === '_lastUpdated' ? ask(value) : overlaps(test, parameter)
    case 'ss':
      return ask(value, 'below')
    case 'sb':
      return ask(value, 'above')
    case 'in':
      return ask(value, 'in')
    default:
      return ask(`${op}${value}`)
  }
}

type Ask = (value: string, modifier?: string) => Soon<Node>

const prefixed: ReadonlySet<SearchParameter['type']> = new Set(['number', 'date', 'quantity'])

/**
 * Deviates: of several texts or codes none may be equal for `ne` to hold; "an item in the set has an unequal value" is more.
 * And codes keep their case here as everywhere, though of filters it is said that "values are never case sensitive".
 */
async function equal({ op, value }: FilterTest, parameter: SearchParameter, ask: Ask): Promise<Node> {
  const text = written(value, parameter)
  if (prefixed.has(parameter.type)) return ask(`${op}${text}`)
  const same: Node =
    parameter.type === 'string' ? { is: 'prefix', slot: parameter.code, text: ending(value) } : await ask(text)
  return op === 'eq' ? same : and([await ask('false', 'missing'), not(same)])
}

/** Behind the folded text of a string stands this mark: equal is what begins so, and what ends so has it somewhere. */
function ending(value: string): string {
  return searched(normalized(value), '')
}

/** "For convenience, the codes "loinc", "snomed", "rxnorm" and "ucum" are predefined". */
const systems: Readonly<Record<string, string>> = {
  loinc: 'http://loinc.org',
  snomed: 'http://snomed.info/sct',
  rxnorm: 'http://www.nlm.nih.gov/research/umls/rxnorm',
  ucum: 'http://unitsofmeasure.org',
}

/** As it would stand in any other parameter, where some characters mean more. */
function written(value: string, { type }: SearchParameter): string {
  if (type === 'string') return value.replaceAll(/[\\,$|]/g, '\\$&')
  const full = value.replace(/(^|[|$])(loinc|snomed|rxnorm|ucum)(?=\|)/g, (_, before, name) => before + systems[name])
  return type === 'composite' ? full.replaceAll(',', '\\,') : full.replaceAll(/[\\,$]/g, '\\$&')
}

/** "An item in the set's implicit imprecision (period) includes the stated value". */
function includes({ text, value }: FilterTest, { code: slot, type }: SearchParameter): Node {
  const { low, high } = type === 'date' ? spanOf(text, value) : pointOf(text, value)
  const around: Node = {
    is: 'range',
    slot,
    tests: [
      { end: 'low', op: '<=', than: low },
      { end: 'high', op: low === high ? '>' : '>=', than: high },
    ],
  }
  if (low !== high) return around
  // An integer is a point itself.
  return or([around, { is: 'range', slot, tests: [...around.tests.slice(0, 1), { end: 'low', op: '>=', than: low }] }])
}

/** "A (implied) date period in the set overlaps with the implied period in the value". */
function overlaps({ text, value }: FilterTest, { code: slot }: SearchParameter): Node {
  const { low, high } = spanOf(text, value)
  return {
    is: 'range',
    slot,
    tests: [
      { end: 'low', op: '<', than: high },
      { end: 'high', op: '>', than: low },
    ],
  }
}

type Span = { readonly low: number; readonly high: number }

function spanOf(text: string, value: string): Span {
  // In a query an unescaped + reads as a space, and zones have one.
  const span = parseDate(value.replace(' ', '+'))
  if (span) return span
  throw mistake(
    'value',
    `_filter: ${text} '${shown(value)}': expected a date such as 2024-05-01 or 2024-05-01T10:00:00Z`,
  )
}

function pointOf(text: string, value: string): Span {
  if (/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value) && Number.isFinite(Number(value)))
    return { low: Number(value), high: Number(value) }
  throw mistake('value', `_filter: ${text} '${shown(value)}': expected a number such as 5.4`)
}
