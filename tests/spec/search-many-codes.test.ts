/** Value sets of 50,000 codes in `:in` and `:not-in`, through the whole server, and how many are too many. */
import t, { type Test } from 'tap'
import { type Kiln, openKiln } from '../http/kiln.ts'
import { onBothServers } from './both-servers.ts'

t.setTimeout(600_000)

const system = 'http://example.org/many'
const other = 'http://example.org/other'
const inAll = 60_000
const inSet = 50_000
const observed = 300

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely
type Loose = any

const code = (n: number): string => `c${n}`
const range = <T>(count: number, each: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => each(n))
const listing = (count: number, prefix = 'c'): object[] => range(count, n => ({ code: `${prefix}${n}` }))
const sets: Readonly<Record<string, object>> = {
  listed: { compose: { include: [{ system, concept: listing(inSet) }] } },
  filtered: { compose: { include: [{ system, filter: [{ property: 'half', op: '=', value: 'first' }] }] } },
  without: {
    compose: { include: [{ system }], exclude: [{ system, filter: [{ property: 'half', op: '=', value: 'second' }] }] },
  },
  quarter: { compose: { include: [{ system, concept: listing(inSet / 2) }] } },
  elsewhere: { compose: { include: [{ system: other, concept: listing(inSet) }] } },
  expanded: { expansion: { timestamp: '2026-01-01', contains: range(inSet, n => ({ system, code: code(n) })) } },
  // 60,000 and 40,000: as many as may be.
  most: { compose: { include: [{ system }, { system: other, concept: listing(40_000) }] } },
  tooMany: { compose: { include: [{ system }, { system: other, concept: listing(40_001) }] } },
  long1: { compose: { include: [{ system: other, concept: listing(12_000, `${'w'.repeat(300)}a`) }] } },
  long2: { compose: { include: [{ system: other, concept: listing(12_000, `${'w'.repeat(300)}b`) }] } },
  long3: { compose: { include: [{ system: other, concept: listing(12_000, `${'w'.repeat(300)}c`) }] } },
}

async function send(kiln: Kiln, target: string, method = 'GET', body?: object): Promise<Loose> {
  const answer = await fetch(target.startsWith('http') ? target : `${kiln.base}/${target}`, {
    method,
    headers: { 'content-type': 'application/fhir+json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { ...((await answer.json()) as object), status: answer.status }
}

async function seed(t: Test, kiln: Kiln): Promise<void> {
  const put = async (resourceType: string, id: string, more: object): Promise<void> => {
    const url = resourceType === 'CodeSystem' ? system : `http://example.org/sets/${id}`
    const answer = await send(kiln, `${resourceType}/${id}`, 'PUT', {
      resourceType,
      id,
      url,
      status: 'active',
      ...more,
    })
    t.equal(answer.status, 201, `${resourceType}/${id}`)
  }
  await put('CodeSystem', 'many', {
    content: 'complete',
    caseSensitive: true,
    property: [{ code: 'half', type: 'code' }],
    concept: range(inAll, n => ({
      code: code(n),
      property: [{ code: 'half', valueCode: n < inSet ? 'first' : 'second' }],
    })),
  })
  for (const [id, more] of Object.entries(sets)) await put('ValueSet', id, more)
  const observation = (id: string, coding: object[], subject: number) => ({
    resource: {
      resourceType: 'Observation',
      id,
      status: 'final',
      code: { text: id, ...(coding.length > 0 ? { coding } : {}) },
      subject: { reference: `Patient/p${subject}` },
    },
    request: { method: 'PUT', url: `Observation/${id}` },
  })
  const patient = (n: number) => ({
    resource: { resourceType: 'Patient', id: `p${n}` },
    request: { method: 'PUT', url: `Patient/p${n}` },
  })
  const entry = [
    ...range(3, patient),
    ...range(observed, n =>
      observation(`o${n}`, [{ system, code: code((n * inAll) / observed) }], n < 250 ? n % 2 : 2),
    ),
    observation('o-other', [{ system: other, code: code(0) }], 2),
    observation('o-text', [], 2),
    observation(
      'o-both',
      [
        { system, code: code(inSet + 1) },
        { system, code: code(inSet - 1) },
      ],
      2,
    ),
  ]
  t.equal((await send(kiln, '', 'POST', { resourceType: 'Bundle', type: 'transaction', entry })).status, 200)
}

/** The ids of all pages, and how many pages there were. */
async function walk(kiln: Kiln, query: string): Promise<{ ids: string[]; pages: number; total?: number }> {
  const ids: string[] = []
  let [pages, total]: [number, number | undefined] = [0, undefined]
  for (let next: string | undefined = query; next !== undefined; ) {
    const page: Loose = await send(kiln, next)
    if (page.status !== 200) throw new Error(JSON.stringify(page))
    const matches = (page.entry ?? []).filter((each: Loose) => each.search.mode === 'match')
    ids.push(...matches.map((each: Loose) => each.resource.id))
    total = page.total
    pages++
    next = page.link.find((each: Loose) => each.relation === 'next')?.url
  }
  return { ids, pages, ...(total === undefined ? {} : { total }) }
}

await onBothServers(t, async (t, environment) => {
  const kiln = await openKiln(t, environment)
  await seed(t, kiln)
  const first = [...range((observed * inSet) / inAll, n => `o${n}`), 'o-both']
  const rest = [...range(observed - first.length + 1, n => `o${n + first.length - 1}`), 'o-other', 'o-text']
  const set = (id: string): string => `http://example.org/sets/${id}`

  await t.test('each way to say what the 50,000 are finds the same', async t => {
    for (const id of ['listed', 'filtered', 'without', 'expanded']) {
      t.same((await walk(kiln, `Observation?code:in=${set(id)}&_count=1000`)).ids, first, id)
      t.same((await walk(kiln, `Observation?code:not-in=${set(id)}&_count=1000`)).ids, rest, `not ${id}`)
    }
  })

  await t.test('in pages, each match once', async t => {
    const found = await walk(kiln, `Observation?code:in=${set('listed')}&_count=40&_total=accurate`)
    t.same(found, { ids: first, pages: 7, total: first.length })
    const others = await walk(kiln, `Observation?code:not-in=${set('listed')}&_count=20&_total=accurate`)
    t.same(others, { ids: rest, pages: 3, total: rest.length })
    t.same(
      (await walk(kiln, `Observation?code:in=${set('listed')}&_count=90&_sort=-_id`)).ids,
      [...first].sort().reverse(),
    )
  })

  await t.test('beside others, and where they lead to', async t => {
    const ids = async (query: string): Promise<string[]> => (await walk(kiln, query)).ids
    const quarter = range(observed / 2.4, n => `o${n}`)
    t.same(await ids(`Observation?code:in=${set('quarter')}&_count=1000`), quarter)
    t.same(
      await ids(`Observation?code:in=${set('listed')}&code:not-in=${set('quarter')}&_count=1000`),
      first.filter(id => !quarter.includes(id)),
    )
    t.same(await ids(`Observation?code:in=${set('listed')}&subject=Patient/p2&_count=1000`), ['o-both'])
    t.same(await ids(`Observation?code:in=${set('quarter')},${set('elsewhere')}&_count=1000`), [...quarter, 'o-other'])
    t.same(await ids(`Patient?_has:Observation:subject:code:in=${set('listed')}`), ['p0', 'p1', 'p2'])
    t.same(await ids(`Patient?_has:Observation:subject:code:in=${set('quarter')}`), ['p0', 'p1'])
    t.same(await ids(`Observation?has-member.code:in=${set('listed')}`), [])
    t.same(await ids(`Observation?has-member.code:not-in=${set('listed')}`), [])
    t.same(await ids(`Observation?code:in=ValueSet/quarter&_id=o0,o299`), ['o0'])
  })

  await t.test('what a store cannot compare in one go is refused, and told', async t => {
    for (const [query, said] of [
      [`code:in=${set('tooMany')}`, /has 100001 codes: expected at most 100000/],
      [`code:not-in=${set('tooMany')}`, /has 100001 codes: expected at most 100000/],
      [`code:in=${set('most')},${set('listed')}`, /compares with 150000 codes or more: expected at most 100000 in all/],
      [
        `code:in=${set('most')}&code:not-in=${set('listed')}`,
        /compares with 150000 codes or more: expected at most 100000 in all/,
      ],
      [
        `code:in=${['long1', 'long2', 'long3'].map(set)}`,
        /compares with codes of 1\d+ bytes or more, .*8000000 in all/,
      ],
    ] as const) {
      const answer = await send(kiln, `Observation?${query}`)
      t.equal(answer.status, 403, query)
      t.match(answer.issue?.[0], { code: 'too-costly', diagnostics: said })
    }
  })

  await t.test('as many as may be are compared', async t => {
    const found = (await walk(kiln, `Observation?code:in=${set('most')}&_count=1000`)).ids
    t.same(new Set(found), new Set([...first, ...rest.filter(id => id !== 'o-text')]))
    const long = ['long1', 'long2'].map(set).join()
    t.same((await walk(kiln, `Observation?code:in=${long}`)).ids, [])
  })
  t.same(
    kiln.events.filter(({ event }) => event === 'http.failed'),
    [],
    'no request failed by a bug',
  )
})
