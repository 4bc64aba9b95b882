/** The order of results: stages that sort, stages that continue behind a place, and the place of a document. */
import { type Document, MaxKey } from 'mongodb'
import type { Place, SortKey } from '../../../search/node.ts'
import { endOf, pointerId } from '../key.ts'
import { sortField } from './keys.ts'

/** One thing to sort by. */
type Column = {
  /** Of the document, or computed. */
  readonly field: string
  readonly computed?: Document
  readonly descending: boolean
  /** What all values of the field are within, where it has an index. */
  readonly start?: Document
  /** A place's value as it compares with the field. */
  readonly print: (value: Place[number]) => unknown
  readonly parse: (doc: Document) => Place[number]
}

export type Order = {
  /** For where no other index serves: leads that of the first column to the place, or to its start. */
  readonly bound: Document | undefined
  readonly stages: readonly Document[]
  /** What `place` needs of a document. */
  readonly fields: Document
  place(doc: Document): Place
}

/** Comes behind everything: those that have no value are last in ascending order, as `null` is in descending order. */
const last = new MaxKey()

export function orderOf(tenant: string, sort: readonly SortKey[], after: Place | undefined): Order {
  const columns = [...sort.map((key, index) => columnOf(tenant, key, index)), born]
  const [first = born] = columns
  const computed = Object.fromEntries(columns.flatMap(it => (it.computed ? [[it.field, it.computed]] : [])))
  const isComputed = Object.keys(computed).length > 0
  return {
    bound: after && first.start ? boundOf(first, after[0]) : first.start,
    stages: [
      ...(isComputed ? [{ $set: computed }] : []),
      ...(after ? [{ $match: { $expr: behindPlace(columns, after) } }] : []),
      { $sort: sortOf(columns) },
    ],
    fields: Object.fromEntries(columns.map(({ field }) => [field, 1])),
    place: doc => columns.map(({ parse }) => parse(doc)),
  }
}

/**
 * Who sorts by the same twice means the first. The tenant leads, as in the indexes (but not that of `_id`): to MongoDB this says
 * nothing new, the engine of the tests would pass over the index of a rare term for the sake of the order.
 */
function sortOf(columns: readonly Column[]): Document {
  const sort = new Map<string, 1 | -1>(columns[0]?.field === '_id' ? [] : [['tenant', 1]])
  for (const { field, descending } of columns) if (!sort.has(field)) sort.set(field, descending ? -1 : 1)
  return Object.fromEntries(sort)
}

const born: Column = {
  field: 'born',
  start: { born: { $gte: 0 } },
  descending: false,
  print: value => value,
  parse: doc => doc['born'],
}

function columnOf(tenant: string, key: SortKey, index: number): Column {
  const { descending } = key
  switch (key.by) {
    case 'id':
      return {
        field: '_id',
        start: { _id: { $gte: pointerId(tenant, ''), $lt: endOf(pointerId(tenant, '')) } },
        descending,
        print: id => pointerId(tenant, String(id)),
        parse: doc => doc['id'],
      }
    case 'updated':
      return {
        field: 'updated',
        start: { updated: { $gte: new Date(-8.64e15) } }, // the first there is
        descending,
        print: ms => new Date(Number(ms)),
        parse: doc => doc['updated'].getTime(),
      }
    default:
      return keptColumn(sortField(key.by, key.slot), `sort${index}`, descending)
  }
}

/** What was kept for sorting when the resource was written. */
function keptColumn(kept: string, field: string, descending: boolean): Column {
  const least = `$index.least.${kept}`
  return {
    field,
    computed: { $ifNull: descending ? [`$index.most.${kept}`, least, null] : [least, last] },
    descending,
    print: value => value ?? (descending ? null : last),
    parse: doc => (doc[field] instanceof MaxKey ? null : doc[field]),
  }
}

function boundOf({ field, descending, print }: Column, value: Place[number] | undefined): Document {
  return { [field]: { [descending ? '$lte' : '$gte']: print(value ?? null) } }
}

/** Further by the first column, or equal in it and further by the second … Expressions compare values of all types. */
function behindPlace(columns: readonly Column[], after: Place): Document {
  const steps = columns.map((column, index) => {
    const equal = columns.slice(0, index).map((former, at) => compared('$eq', former, after[at]))
    return { $and: [...equal, compared(column.descending ? '$lt' : '$gt', column, after[index])] }
  })
  return { $or: steps }
}

function compared(operator: string, { field, print }: Column, value: Place[number] | undefined): Document {
  return { [operator]: [`$${field}`, { $literal: print(value ?? null) }] }
}
