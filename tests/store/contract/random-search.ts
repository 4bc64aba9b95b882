/** Any resources and any questions: the store finds what `match.ts` finds, in the same order, on pages of any size. */
import { deepStrictEqual } from 'node:assert/strict'
import type { Test } from 'tap'
import { bornWithin, containedId, containedType } from '../../../src/search/contained.ts'
import { type Entries, noEntries } from '../../../src/search/entry.ts'
import { type Found, searchAll } from '../../../src/search/match.ts'
import type { Leaf, Node, Part, Place as Position, SortKey } from '../../../src/search/node.ts'
import type { Match, SearchQuery, Store, Write } from '../../../src/store/port.ts'
import { fc } from '../../property.ts'
import { committed, openDesk, type Place } from '../place.ts'

const types = ['Patient', 'Group'] as const
const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const locals = ['x', 'y', 'z']
/** `patient` and `date`: SQLite keeps these beside all rows of a resource. */
const termSlots = ['name', 'code', 'code|', 'link', 'patient', 'c$0']
const rangeSlots = ['date', 'value', 'c$1']
const units = ['', 'kg', 'g']

const type = fc.constantFrom(...types)
/** Of resources that stand alone, and of contained ones. */
const anyType = fc.oneof({ weight: 3, arbitrary: type }, { weight: 1, arbitrary: type.map(containedType) })
const alone = fc.record({ type, id: fc.constantFrom(...ids) }).map(({ type, id }) => `${type}/${id}`)
const inside = fc.tuple(alone, fc.constantFrom(...locals)).map(([name, id]) => `${name}#${id}`)
const local = fc.oneof(
  { weight: 3, arbitrary: alone },
  { weight: 1, arbitrary: fc.tuple(type, inside).map(([type, id]) => `${containedType(type)}/${id}`) },
)
const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'ab', 'abc', 'b', 'ba', 'a\x1fA', 'ab\x1fAb', 'b\x1fx') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      '\0',
      'a\0b',
      '\x01',
      'a\x01',
      '%',
      '_',
      "'",
      '$1',
      '\uffff',
      '\u{10000}',
      'Patient/',
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
)
const text = fc.oneof({ weight: 3, arbitrary: word }, { weight: 2, arbitrary: local })
const number = fc.oneof(fc.integer({ min: -3, max: 6 }), fc.constantFrom(-1e300, 1e300, 0.1, 2.5, 1.7e12))
const element = fc.constantFrom(0, 0, 0, 1, 2)
const unit = fc.constantFrom(...units)

const term = fc.record({ slot: fc.constantFrom(...termSlots), text, element })
const range = fc
  .record({ slot: fc.constantFrom(...rangeSlots), unit, ends: fc.tuple(number, number, number, number), element })
  .map(({ ends, ...rest }) => {
    const [low = 0, from = 0, to = 0, high = 0] = [...ends].sort((a, b) => a - b)
    return { ...rest, low, high, from, to }
  })
const entries: fc.Arbitrary<Entries> = fc.record({
  terms: fc.uniqueArray(term, { maxLength: 6, selector: row => JSON.stringify(row) }),
  ranges: fc.uniqueArray(range, { maxLength: 4, selector: row => JSON.stringify(row) }),
})

const test = fc.record({
  end: fc.constantFrom('low' as const, 'high' as const, 'from' as const, 'to' as const),
  op: fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const),
  than: number,
})
const termSlot = fc.constantFrom(...termSlots, 'unknown')
const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({ is: fc.constant('term' as const), slot: termSlot, texts: fc.array(text, { maxLength: 7 }) }),
  fc.record({ is: fc.constantFrom('prefix' as const, 'contains' as const), slot: termSlot, text }),
  fc.record(
    {
      is: fc.constant('range' as const),
      slot: fc.constantFrom(...rangeSlots, 'unknown'),
      unit,
      tests: fc.array(test, { maxLength: 3 }),
    },
    { requiredKeys: ['is', 'slot', 'tests'] },
  ),
)
const part = fc.letrec<{ part: Part }>(again => ({
  part: fc.oneof(
    { maxDepth: 2 },
    leaf,
    fc.record({ is: fc.constant('or' as const), of: fc.array(again('part'), { maxLength: 3 }) }),
  ),
})).part
const simple: fc.Arbitrary<Node> = fc.oneof(
  { weight: 6, arbitrary: leaf },
  { weight: 1, arbitrary: fc.constantFrom<Node>({ is: 'all' }, { is: 'none' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('id' as const),
      ids: fc.array(fc.oneof(fc.constantFrom(...ids, 'x'), inside), { maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('updated' as const),
      low: fc.integer({ min: -5, max: 30 }),
      high: fc.integer({ min: -5, max: 30 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('present' as const),
      slots: fc.subarray([...termSlots, ...rangeSlots, 'unknown']),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ is: fc.constant('element' as const), of: fc.array(part, { maxLength: 3 }) }),
  },
)
const node = fc.letrec<{ node: Node }>(again => ({
  node: fc.oneof(
    { maxDepth: 3, depthSize: 'medium' },
    { weight: 3, arbitrary: simple },
    {
      weight: 2,
      arbitrary: fc.record({
        is: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(again('node'), { maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('not' as const), of: again('node') }) },
    {
      weight: 1,
      arbitrary: fc.record({
        is: fc.constantFrom('refers' as const, 'referred' as const),
        slot: fc.constantFrom('link', 'patient', 'patient', 'name'),
        type: anyType,
        where: again('node'),
      }),
    },
  ),
})).node

const sortKey: fc.Arbitrary<SortKey> = fc.oneof(
  fc.record({ by: fc.constant('term' as const), slot: fc.constantFrom(...termSlots), descending: fc.boolean() }),
  fc.record({ by: fc.constant('range' as const), slot: fc.constantFrom(...rangeSlots), descending: fc.boolean() }),
  fc.record({ by: fc.constantFrom('id' as const, 'updated' as const), descending: fc.boolean() }),
)
const question = fc.record({
  type: anyType,
  where: node,
  sort: fc.oneof(fc.constant([]), fc.array(sortKey, { maxLength: 3 })),
  limit: fc.integer({ min: 1, max: 9 }),
  /** Only what is as old as the n-th last change. */
  back: fc.constantFrom(0, 0, 1, 5),
})

const contained = fc.record({ type, id: fc.constantFrom(...locals), json: fc.constant('{}'), entries })
const write = fc.record({
  type,
  id: fc.constantFrom(...ids),
  entries: fc.option(entries, { nil: undefined, freq: 9 }),
  contained: fc.option(fc.uniqueArray(contained, { maxLength: 3, selector: ({ id }) => id }), { nil: undefined }),
  gone: fc.constantFrom(false, false, false, false, true),
})
const commit = fc.record({
  tick: fc.integer({ min: 0, max: 3 }),
  writes: fc.uniqueArray(write, { minLength: 1, maxLength: 12, selector: ({ type, id }) => `${type}/${id}` }),
})

type Step = typeof commit extends fc.Arbitrary<infer T> ? T : never
type Written = Found & { readonly seq: number }

/** `scenes`, of some 11 questions each. */
export async function randomSearches(t: Test, place: Place, other: Store, scenes = 40): Promise<void> {
  await t.test(`random questions about random resources, ${scenes} times`, async t => {
    const scene = fc.record({
      commits: fc.array(commit, { minLength: 1, maxLength: 4 }),
      questions: fc.array(question, { minLength: 1, maxLength: 25, size: 'max' }),
    })
    let total = 0
    const property = fc.asyncProperty(scene, async ({ commits, questions }) => {
      const { tenant, store } = openDesk(place)
      const start = place.now
      const resources = await play(place, tenant, commits)
      const seqs = resources.map(({ seq }) => seq).sort((a, b) => b - a)
      total += questions.length
      for (const [at, { back, ...asked }] of questions.entries()) {
        const until = seqs[back]
        const query = { ...asked, tenant, where: shifted(asked.where, start), budget: 60_000, ...(until && { until }) }
        await compare(at % 2 === 0 ? store : other, query, resources)
      }
    })
    await fc.assert(property, { numRuns: scenes })
    t.pass(`${scenes} scenes, ${total} questions`)
  })
}

/** What is present when all of it is written. */
async function play(place: Place, tenant: string, commits: readonly Step[]): Promise<readonly Written[]> {
  const world = new Map<string, Written>()
  const born = new Map<string, number>()
  for (const { tick, writes } of commits) {
    place.now += tick
    const outcome = await place.store.commit({ tenant, writes: writes.map(write => writeOf(tenant, write)) })
    for (const [at, version] of committed(outcome).versions.entries()) {
      if (version) keep(world, born, version, writes[at]!)
    }
  }
  return [...world.values()]
}

function writeOf(tenant: string, { type, id, entries, contained, gone }: Step['writes'][number]) {
  const key = { tenant, type, id }
  if (gone) return { do: 'delete', key } satisfies Write
  const draft = { type, id, rest: '}}' }
  return {
    do: 'put',
    key,
    method: 'PUT',
    draft,
    ...(entries && { entries }),
    ...(contained && { contained }),
  } satisfies Write
}

function keep(
  world: Map<string, Written>,
  born: Map<string, number>,
  version: { type: string; id: string; seq: number; updated: number; json: string | undefined },
  { entries = noEntries, contained = [] }: Step['writes'][number],
): void {
  const { type, id, seq, updated, json } = version
  const name = `${type}/${id}`
  if (!born.has(name)) born.set(name, seq)
  for (const { type: inner, id: other } of world.values()) {
    if (other.startsWith(`${name}#`)) world.delete(`${inner}/${other}`)
  }
  world.delete(name)
  if (json === undefined) return
  const first = born.get(name)!
  world.set(name, { type, id, seq, updated, born: first, entries })
  for (const [index, it] of contained.entries()) {
    const own = { type: containedType(it.type), id: containedId(version, it.id), entries: it.entries }
    world.set(`${own.type}/${own.id}`, { ...own, seq, updated, born: bornWithin(first, index) })
  }
}

/** The times of the question are counted from the start of the scene. */
function shifted(node: Node, by: number): Node {
  switch (node.is) {
    case 'updated':
      return { ...node, low: node.low + by, high: node.high + by }
    case 'and':
    case 'or':
      return { ...node, of: node.of.map(part => shifted(part, by)) }
    case 'not':
      return { ...node, of: shifted(node.of, by) }
    case 'refers':
    case 'referred':
      return { ...node, where: shifted(node.where, by) }
    default:
      return node
  }
}

/** All pages of the walk, the number of matches, and each page for itself. */
async function compare(store: Store, query: SearchQuery, resources: readonly Written[]): Promise<void> {
  const { tenant, where, until = Number.POSITIVE_INFINITY, type, budget } = query
  const expected = expectedOf(resources, query, until)
  const matches: Match[] = []
  for (let after: Position | undefined; ; ) {
    const page = await store.search({ ...query, ...(after && { after }) })
    const last = page.matches.at(-1)
    matches.push(...page.matches)
    deepStrictEqual(
      page.matches.length,
      Math.min(query.limit, expected.length - (matches.length - page.matches.length)),
    )
    deepStrictEqual(page.more, matches.length < expected.length)
    if (!page.more || !last) break
    after = last.place
  }
  const found = matches.map(({ version: { id, seq, type }, place }) => ({ type, id, seq, place }))
  deepStrictEqual(found, expected)
  const count = await store.count({ tenant, type, where, budget, ...(query.until !== undefined && { until }) })
  deepStrictEqual(count, expected.length)
}

/** Chains lead to whatever is there; only what is found itself must be old enough. */
function expectedOf(resources: readonly Written[], { type, where, sort }: SearchQuery, until: number) {
  const { matches } = searchAll(resources, { type, where, sort, limit: resources.length })
  return (matches as readonly { readonly found: Written; readonly place: Position }[])
    .filter(({ found }) => found.seq <= until)
    .map(({ found: { id, seq, type }, place }) => ({ type, id, seq, place }))
}
