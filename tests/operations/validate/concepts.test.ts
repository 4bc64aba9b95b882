/** Codes and displays against their code systems: told by $validate, and by writes to who asks; nothing is refused for them. */
import { readFileSync } from 'node:fs'
import type { Loose, Reply, World } from '../../world.ts'
import { operating } from '../operating.ts'

type Case = {
  readonly name: string
  readonly code?: object
  readonly quantity?: object
  readonly more?: object
  readonly language?: string
  /** `warning invalid Observation.code`; none: nothing is told. */
  readonly told?: readonly string[]
  /** A part of the last sentence. */
  readonly text?: string
}

const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('concepts.json', import.meta.url), 'utf8'),
)

const colours = (id: string, more: object = {}): Loose => ({
  resourceType: 'CodeSystem',
  id,
  url: `http://kiln.test/${id}`,
  version: '1',
  language: 'en',
  status: 'active',
  content: 'complete',
  concept: [
    { code: 'red', display: 'Red', designation: [{ language: 'de', value: 'Rot' }] },
    { code: 'green', display: 'Green' },
  ],
  ...more,
})
const systems = [
  colours('colours'),
  colours('some', { content: 'fragment' }),
  colours('composed', { compositional: true }),
]

const observation = ({ code, quantity, language, more }: Omit<Case, 'name'>): object => ({
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'x', ...(code === undefined ? {} : { coding: [code] }) },
  ...(language === undefined ? {} : { language }),
  ...(quantity === undefined ? {} : { valueQuantity: quantity }),
  ...more,
})

const findings = ({ body }: Reply): Loose[] => body.issue.filter(({ code }: Loose) => code !== 'informational')
const short = ({ severity, code, expression = [] }: Loose): string => [severity, code, ...expression].join(' ')

async function define(world: World): Promise<World> {
  for (const system of systems) await world.ask('PUT', `CodeSystem/${system.id}`, system)
  return world
}

await operating(async (t, open) => {
  await t.test('of each case, what is told', async t => {
    const world = await define(await open())
    for (const { name, told = [], text = '', ...given } of cases) {
      const found = findings(await world.ask('POST', 'Observation/$validate', observation(given)))
      t.strictSame(found.map(short).toSorted(), [...told].sort(), name)
      t.equal(
        found.some(({ diagnostics }) => diagnostics.includes(text)),
        told.length > 0,
        `${name}: ${text}`,
      )
    }
  })

  await t.test('writes are not refused, and tell it to who asks', async t => {
    const world = await define(await open())
    const wrong = observation({ code: { system: 'http://kiln.test/colours', code: 'pink' } })
    const place = 'warning code-invalid Observation.code.coding[0].code'
    const prefer = { prefer: 'return=OperationOutcome' }
    const stored = await world.ask('POST', 'Observation', wrong)
    t.equal(stored.status, 201)
    const { id } = stored.body
    const patch = JSON.stringify([{ op: 'add', path: '/language', value: 'en' }])
    const type = { 'content-type': 'application/json-patch+json' }
    for (const [way, reply] of [
      ['create', await world.ask('POST', 'Observation', wrong, prefer)],
      ['update', await world.ask('PUT', `Observation/${id}`, { ...wrong, id }, prefer)],
      ['conditional update', await world.ask('PUT', 'Observation?_id=none', wrong, prefer)],
      ['patch', await world.ask('PATCH', `Observation/${id}`, patch, { ...prefer, ...type })],
      ['conditional patch', await world.ask('PATCH', `Observation?_id=${id}`, patch, { ...prefer, ...type })],
    ] as const) {
      t.ok(reply.status < 300, way)
      t.strictSame(findings(reply).map(short), [place], way)
    }
  })

  await t.test('so do batches and transactions', async t => {
    const world = await define(await open())
    const resource = observation({ code: { system: 'http://kiln.test/colours', code: 'pink' } })
    const entry = [{ resource, request: { method: 'POST', url: 'Observation' } }]
    for (const type of ['batch', 'transaction']) {
      const whole = { resourceType: 'Bundle', type, entry }
      const reply = await world.ask('POST', '', whole, { prefer: 'return=OperationOutcome' })
      const { status, outcome } = reply.body.entry[0].response
      t.match(status, /^201/, type)
      const told = outcome.issue.filter(({ code }: Loose) => code !== 'informational')
      t.match(told.map(short), [/^warning code-invalid .*\.code\.coding\[0\]\.code$/], type)
      t.equal(told.length, 1, type)
    }
  })

  await t.test('each entry of a large Bundle is looked at', async t => {
    const world = await define(await open())
    const fine = observation({ code: { system: 'http://kiln.test/colours', code: 'red', display: 'Red' } })
    const wrong = observation({ code: { system: 'http://kiln.test/colours', code: 'red', display: 'Pink' } })
    const entry = [...Array(20).fill(fine), wrong].map((resource, index) => ({
      fullUrl: `http://elsewhere.test/Observation/${index}`,
      resource,
    }))
    const reply = await world.ask('POST', 'Bundle/$validate', { resourceType: 'Bundle', type: 'collection', entry })
    const place = 'warning invalid Bundle.entry[20].resource.code.coding[0].display'
    t.strictSame(findings(reply).map(short), [place])
  })
})
