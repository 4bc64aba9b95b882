/** Questions without chains → filters on pointer documents. Dumb: all meaning was decided in the planner. */
import type { Document } from 'mongodb'
import type { Leaf, Node, Part, Test } from '../../../search/node.ts'
import { leastDate } from '../../../search/told.ts'
import { TooCostly } from '../../port.ts'
import { pointerId } from '../key.ts'
import { behind, rangeKey, slotEnd, slotStart, termKey } from './keys.ts'

export type Filter = Document
type Chain = Extract<Node, { readonly is: 'refers' | 'referred' }>
type RangeLeaf = Extract<Leaf, { readonly is: 'range' }>

/** Where the entries are: in the document, or in an element of it. */
const whole = 'index.'
const within = ''

export const nothing: Filter = { _id: { $in: [] } }

export function compile(node: Node, tenant: string): Filter {
  switch (node.is) {
    case 'all':
      return {}
    case 'none':
      return nothing
    case 'and':
      return every([...node.of.map(part => compile(part, tenant)), ...dateBeside(node.of)])
    case 'or':
      return some(node.of.map(part => compile(part, tenant)))
    case 'not':
      return { $nor: [compile(node.of, tenant)] }
    case 'id':
      return { _id: { $in: node.ids.map(id => pointerId(tenant, id)) } }
    case 'updated':
      return { updated: { $gte: toDate(node.low), $lt: toDate(node.high) } }
    case 'present':
      return some(node.slots.flatMap(inSlot))
    case 'element':
      return element(node.of)
    case 'refers':
    case 'referred':
      throw new Error(`a chain into ${(node satisfies Chain).type} was left unresolved`)
    default:
      return leaf(node, whole)
  }
}

/** MongoDB refuses lists without members. */
function every(filters: readonly Filter[]): Filter {
  return filters.length === 0 ? {} : { $and: filters }
}

function some(filters: readonly Filter[], otherwise: Filter = nothing): Filter {
  return filters.length === 0 ? otherwise : { $or: filters }
}

/**
 * The index of terms has the date that a resource tells behind each of them: who asks for a term and a date need not read all
 * that have the term. Denied, because what was stored before dates were told fits, too.
 */
function dateBeside(parts: readonly Node[]): Filter[] {
  const least = leastDate({ is: 'and', of: parts })
  return Number.isFinite(least) && parts.some(asksTerms) ? [{ 'index.date': { $not: { $lt: least } } }] : []
}

function asksTerms(node: Node): boolean {
  return node.is === 'term' || node.is === 'prefix' || (node.is === 'or' && node.of.every(asksTerms))
}

const lastDate = 8_640_000_000_000_000 // ms; JavaScript's, thousands of years beyond FHIR's

/** `lastUpdated` is in whole ms, so a bound between two of them is the later one. */
function toDate(ms: number): Date {
  return new Date(Math.ceil(Math.max(-lastDate, Math.min(lastDate, ms))))
}

function inSlot(slot: string): Filter[] {
  const low = { $gte: slotStart(slot), $lt: slotEnd(slot) }
  return [startsWith(`${whole}terms`, slotStart(slot)), { [`${whole}ranges`]: { $elemMatch: { low } } }]
}

/** The indexes find what has the parts at all; that they are of one element only the elements tell. */
function element(parts: readonly Part[]): Filter {
  if (parts.length === 0) return { 'index.elements': { $exists: true } }
  const together = { 'index.elements': { $elemMatch: every(parts.map(it => part(it, within))) } }
  return { $and: [...parts.map(it => part(it, whole)), together] }
}

function part(node: Part, prefix: string): Filter {
  if (node.is !== 'or') return leaf(node, prefix)
  return some(
    node.of.map(it => part(it, prefix)),
    impossible,
  )
}

/** As `nothing`, of an element, which has no `_id`. */
const impossible: Filter = { terms: { $in: [] } }

function leaf(node: Leaf, prefix: string): Filter {
  const terms = `${prefix}terms`
  switch (node.is) {
    case 'term': {
      const [first, ...more] = node.texts.map(text => termKey(node.slot, text))
      return { [terms]: first !== undefined && more.length === 0 ? first : { $in: first ? [first, ...more] : [] } }
    }
    case 'prefix':
      return startsWith(terms, termKey(node.slot, node.text))
    case 'contains':
      return containing(terms, node.slot, node.text)
    default:
      return { [`${prefix}ranges`]: { $elemMatch: range(node) } }
  }
}

/** Longer than a regular expression may be in BSON. https://www.mongodb.com/docs/manual/reference/operator/query/regex/ */
const longest = 32_000 // bytes

/**
 * An expression that is anchored and has no special characters is a range of the index. (`{$elemMatch: {$gte, $lt}}` says the
 * same, but kills the test engine.)
 */
function startsWith(terms: string, start: string): Filter {
  const $regex = `^${escaped(start)}`
  if (Buffer.byteLength($regex) <= longest) return { [terms]: { $regex } }
  return anyOf(terms, { $eq: [{ $indexOfBytes: ['$$this', { $literal: start }] }, 0] })
}

/** The slot bounds what is read of the index, and the index alone tells which documents are read. */
function containing(terms: string, slot: string, text: string): Filter {
  const $regex = `^${escaped(slotStart(slot))}[\\s\\S]*${escaped(text)}`
  if (Buffer.byteLength($regex) <= longest) return { [terms]: { $regex } }
  const start = Buffer.byteLength(slotStart(slot))
  const inThisSlot = { $eq: [{ $indexOfBytes: ['$$this', { $literal: slotStart(slot) }] }, 0] }
  return anyOf(terms, { $and: [inThisSlot, { $gte: [{ $indexOfBytes: ['$$this', { $literal: text }, start] }, 0] }] })
}

/** No index serves this. Expressions are not for elements of arrays, where nobody asks for texts as long as a book. */
function anyOf(terms: string, condition: Document): Filter {
  if (terms === `${within}terms`) throw new TooCostly(`a text of a composite is longer than ${longest} bytes`)
  const input = { $ifNull: [`$${terms}`, []] }
  return { $expr: { $anyElementTrue: [{ $map: { input, in: condition } }] } }
}

/** All that has a meaning in a regular expression loses it. BSON has no NUL in one. */
function escaped(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&').replaceAll('\0', '\\x00')
}

type Bounds = { $gte: string; $lt: string }

/** One range passes all tests, and both of its ends are bounded as tightly as the tests allow, so that either index serves. */
function range({ slot, unit, tests }: RangeLeaf): Document {
  const anywhere = { $gte: slotStart(slot), $lt: slotEnd(slot) }
  const bounds = { low: { ...anywhere }, high: { ...anywhere } }
  const between: Record<string, Document> = {}
  for (const test of tests) {
    const { end, op, than } = test
    if (end === 'from' || end === 'to') between[end] = tighter(between[end], op, than)
    else narrow(bounds[end], test, slot)
    narrow(test.op.startsWith('<') ? bounds.low : bounds.high, test, slot) // because low <= from <= to <= high
  }
  return { ...bounds, ...between, ...(unit === undefined ? {} : { unit }) }
}

function narrow(bounds: Bounds, { op, than }: Test, slot: string): void {
  const key = rangeKey(slot, than)
  const bound = op === '<' || op === '>=' ? key : behind(key)
  if (op.startsWith('<')) {
    if (bound < bounds.$lt) bounds.$lt = bound
  } else if (bound > bounds.$gte) bounds.$gte = bound
}

const operators = { '<': '$lt', '<=': '$lte', '>': '$gt', '>=': '$gte' } as const

/** Of two bounds of a kind the tighter one holds. */
function tighter(known: Document | undefined, op: Test['op'], than: number): Document {
  const operator = operators[op]
  const former: number = known?.[operator] ?? than
  return { ...known, [operator]: op.startsWith('<') ? Math.min(former, than) : Math.max(former, than) }
}

/** Whether an index leads to what is asked, and to nothing else that is worth mentioning. */
export function narrows(node: Node): boolean {
  switch (node.is) {
    case 'not':
      return false
    case 'and':
      return node.of.some(narrows)
    case 'or':
      return node.of.every(narrows)
    default:
      return true
  }
}
