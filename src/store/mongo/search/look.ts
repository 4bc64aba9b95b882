/** The commands of one search, within one deadline: questions without chains, put to the collections of a tenant. */
import type { Document } from 'mongodb'
import { plainType } from '../../../search/contained.ts'
import type { Node, Place, SortKey } from '../../../search/node.ts'
import type { Match } from '../../port.ts'
import { type Collections, type PointerDoc, typeOf } from '../schema.ts'
import { toVersion } from '../version.ts'
import { compile, narrows } from './compile.ts'
import type { Deadline } from './deadline.ts'
import { slotStart, termKey } from './keys.ts'
import { orderOf } from './order.ts'

export type Question = {
  readonly type: string
  /** Without chains. */
  readonly where: Node
  readonly until?: number | undefined
}

export type Page = {
  readonly sort: readonly SortKey[]
  readonly after?: Place | undefined
  readonly limit: number
}

/** Resources that a search deals with in one go. */
export type Reach = {
  /** In a batch, where resources are walked through. */
  readonly stride: number
  /**
   * What a chain may lead through before the resources themselves are walked through instead: first `few`, because pages fill
   * fast where many fit; after `patience` batches `many`, because a walk that finds nothing is longer than any list of ids.
   */
  readonly few: number
  readonly many: number
  readonly patience: number
}

/** A command as it is sent; what `explain` tells of. */
export type Sent = { readonly type: string; readonly pipeline: readonly Document[] }

export type Look = {
  readonly reach: Reach
  page(question: Question, page: Page): Promise<readonly Match[]>
  /** As `page`, without the texts. */
  places(question: Question, page: Page): Promise<readonly { readonly id: string; readonly place: Place }[]>
  count(question: Question): Promise<number>
  ids(question: Question, limit?: number): Promise<readonly string[]>
  /** To which resources of the type those that fit refer in the slot; `undefined`: more than `most` of them fit. */
  targets(question: Question, slot: string, type: string, most: number): Promise<readonly string[] | undefined>
  /** Which of these resources those that fit refer to in the slot. */
  targetsAmong(question: Question, slot: string, type: string, ids: readonly string[]): Promise<readonly string[]>
}

const stored = { id: 1, tenant: 1, version: 1, seq: 1, updated: 1, method: 1, created: 1, raw: 1 }

export function openLook(
  { pointers }: Pick<Collections, 'pointers'>,
  tenant: string,
  reach: Reach,
  deadline: Deadline,
  observe: (sent: Sent) => void = () => undefined,
): Look {
  async function read(type: string, pipeline: Document[]): Promise<Document[]> {
    if (typeOf(plainType(type)) === undefined) return [] // names of other collections, and such as none can have
    observe({ type, pipeline })
    return deadline.run(options => pointers(type).aggregate(pipeline, options).toArray())
  }

  const filter = ({ where, until }: Question, bound?: Document): Document => {
    const present = { tenant, deleted: false, ...(until === undefined ? {} : { seq: { $lte: until } }) }
    const asked = where.is === 'all' ? [] : [compile(where, tenant)]
    const more = bound ? [...asked, bound] : asked
    return { $match: more.length === 0 ? present : { ...present, $and: more } }
  }

  async function paged(question: Question, { sort, after, limit }: Page, fields: Document) {
    const order = orderOf(tenant, sort, after)
    const project = { $project: { ...fields, ...order.fields } }
    const pipeline = [
      filter(question, isWide(question.where) ? order.bound : undefined),
      ...order.stages,
      { $limit: limit },
      project,
    ]
    const found = await read(question.type, pipeline)
    return found.map(doc => ({ doc, place: order.place(doc) }))
  }

  return {
    reach,
    async page(question, page) {
      const found = await paged(question, page, stored)
      return found.map(({ doc, place }) => ({ version: toVersion(question.type, doc as PointerDoc), place }))
    },
    async places(question, page) {
      const found = await paged(question, page, { id: 1 })
      return found.map(({ doc, place }) => ({ id: doc['id'], place }))
    },
    async count(question) {
      const [found] = await read(question.type, [filter(question), { $count: 'count' }])
      return found?.['count'] ?? 0
    },
    async ids(question, limit) {
      const limited = limit === undefined ? [] : [{ $limit: limit }]
      const found = await read(question.type, [filter(question), ...limited, { $project: { _id: 0, id: 1 } }])
      return found.map(doc => doc['id'])
    },
    async targets(question, slot, type, most) {
      const [start, end] = [termKey(slot, `${type}/`), termKey(slot, `${type}0`)] // 0 comes behind the slash
      const cond = { $and: [{ $gte: ['$$this', { $literal: start }] }, { $lt: ['$$this', { $literal: end }] }] }
      const found = await read(question.type, [filter(question), { $limit: most + 1 }, refsBy(cond)])
      if (found.length > most) return undefined
      const names = new Set<string>(found.flatMap(({ refs }) => refs ?? []))
      return [...names].map(name => name.slice(start.length))
    },
    async targetsAmong(question, slot, type, ids) {
      const start = slotStart(slot)
      const names = ids.map(id => termKey(slot, `${type}/${id}`))
      const refs = refsBy({ $in: ['$$this', { $literal: names }] })
      const found = await read(question.type, [
        filter(question),
        refs,
        { $unwind: '$refs' },
        { $group: { _id: '$refs' } },
      ])
      return found.map(({ _id }) => String(_id).slice(`${start}${type}/`.length))
    },
  }
}

/** Where no index of the entries narrows, that of the order at least saves the sorting. */
const isWide = (where: Node) => where.is === 'all' || !narrows(where)

/** Those of a document's terms that fit. */
function refsBy(cond: Document): Document {
  return { $project: { _id: 0, refs: { $filter: { input: { $ifNull: ['$index.terms', []] }, cond } } } }
}
