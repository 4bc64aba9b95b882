/** What codes mean in a tenant: what it has stored, the library, and what everybody has. */

import type { Vocabulary } from '../../src/interactions/vocabulary/vocabulary.ts'
import { noRules } from '../../src/terminology/value-set/version-rules.ts'
import { type Loose, onBothStores, type World } from '../world.ts'

const system = 'http://example.org/colours'
const set = 'http://example.org/sets/all'
const plain = { rules: noRules, supplements: [] }

const codeSystem = (codes: string[], more: object = {}): object => ({
  resourceType: 'CodeSystem',
  id: 'colours',
  url: system,
  status: 'active',
  content: 'complete',
  concept: codes.map(code => ({ code, display: `the ${code}` })),
  ...more,
})
const valueSet = (more: object = {}): Loose => ({
  resourceType: 'ValueSet',
  id: 'all',
  url: set,
  status: 'active',
  compose: { include: [{ system }] },
  ...more,
})

async function vocabulary({ ctx }: Pick<World, 'ctx'>, tenant = 'default'): Promise<Vocabulary> {
  return ctx.vocabularies.of(tenant)
}

async function put(world: Pick<World, 'ask'>, resource: Loose, tenant = 'default'): Promise<void> {
  const reply = await world.ask('PUT', `${resource.resourceType}/${resource.id}`, resource, { 'x-tenant': tenant })
  if (reply.status > 201) throw new Error(reply.json)
}

function displayOf({ memberships }: Vocabulary, url: string, code: string, version?: string): string | undefined {
  const found = memberships.terminology.codeSystem(url, version)
  const concept = found?.find(code)
  return concept === undefined ? undefined : found?.display(concept)
}

function codesIn(known: Vocabulary, canonical: string): string[] {
  const found = known.memberships.find({ url: canonical })
  return found === undefined ? [] : known.list(found).map(({ code }) => code)
}

await onBothStores(async (t, open) => {
  t.test("R4's own code systems have displays, definitions and hierarchies", async t => {
    const known = await vocabulary(await open())
    t.equal(displayOf(known, 'http://hl7.org/fhir/administrative-gender', 'female'), 'Female')
    t.equal(displayOf(known, 'http://terminology.hl7.org/CodeSystem/v2-0203', 'MR'), 'Medical record number')
    const act = known.memberships.terminology.codeSystem('http://terminology.hl7.org/CodeSystem/v3-ActCode')
    const [emergency, encounter] = ['EMER', '_ActEncounterCode'].map(code => act?.find(code) ?? -1)
    t.ok(act?.isA(emergency ?? -1, encounter ?? -1))
    t.ok(act?.abstract(encounter ?? -1))
    t.match(act?.definition(emergency ?? -1), /immediate evaluation/)
    t.ok(codesIn(known, 'http://terminology.hl7.org/ValueSet/v3-ActEncounterCode').includes('AMB'))
    t.same(codesIn(known, 'http://hl7.org/fhir/ValueSet/administrative-gender').length, 4)
    t.ok(
      known.memberships.find({ url: 'http://terminology.hl7.org/ValueSet/v3-NullFlavor', version: '4.0.1' }),
      'R4 calls those of v3 by its own version, too',
    )
    t.ok(known.maps.some(({ url }) => url === 'http://hl7.org/fhir/ConceptMap/cm-administrative-gender-v2'))
  })

  t.test('what a grammar makes is known without a resource', async t => {
    const { terminology } = (await vocabulary(await open())).memberships
    t.equal(terminology.codeSystem('http://unitsofmeasure.org')?.grammar?.check('mm[Hg]').valid, true)
    t.equal(terminology.codeSystem('http://unitsofmeasure.org')?.grammar?.check('furlongs').valid, false)
    t.equal(terminology.codeSystem('urn:iso:std:iso:4217')?.facts.content, 'complete')
    t.equal(terminology.systemOfAll('http://unitsofmeasure.org/vs'), 'http://unitsofmeasure.org')
    t.equal(terminology.codeSystem('constructor'), undefined)
  })

  t.test('a code system that a tenant only names does not hide one that is known', async t => {
    const world = await open()
    const url = 'http://unitsofmeasure.org'
    await put(world, { resourceType: 'CodeSystem', id: 'ucum', url, status: 'active', content: 'not-present' })
    const { terminology } = (await vocabulary(world)).memberships
    t.ok(terminology.codeSystem(url)?.grammar)
  })

  t.test('what a tenant has stored comes first, in all its versions, and no other tenant sees it', async t => {
    const world = await open()
    await put(world, codeSystem(['red'], { id: 'v1', version: '1' }), 'a')
    await put(world, codeSystem(['red', 'blue'], { id: 'v2', version: '2' }), 'a')
    await put(world, codeSystem(['green']), 'b')
    const gender = 'http://hl7.org/fhir/administrative-gender'
    await put(world, codeSystem(['female'], { id: 'gender', url: gender }), 'b')
    const [a, b] = [await vocabulary(world, 'a'), await vocabulary(world, 'b')]
    t.equal(displayOf(a, system, 'blue'), 'the blue')
    t.equal(displayOf(a, system, 'blue', '1'), undefined)
    t.equal(displayOf(a, system, 'green'), undefined)
    t.same(a.memberships.terminology.versions(system), ['2', '1'])
    t.equal(displayOf(b, system, 'green'), 'the green')
    t.equal(displayOf(b, system, 'red'), undefined)
    t.equal(displayOf(b, gender, 'female'), 'the female')
    t.equal(displayOf(a, gender, 'female'), 'Female')
  })

  t.test('tenants with a value set of the same name do not share what was compiled', async t => {
    const world = await open()
    for (const [tenant, code] of [
      ['a', 'red'],
      ['b', 'green'],
    ] as const) {
      await put(world, codeSystem([code]), tenant)
      await put(world, valueSet(), tenant)
    }
    t.same(codesIn(await vocabulary(world, 'a'), set), ['red'])
    t.same(codesIn(await vocabulary(world, 'b'), set), ['green'])
    t.same(codesIn(await vocabulary(world), set), [])
    const inA = await world.ask('GET', `Observation?code:in=${set}`, undefined, { 'x-tenant': 'a' })
    t.equal(inA.status, 200)
    const nowhere = await world.ask('GET', `Observation?code:in=${set}`)
    t.equal(nowhere.status, 400)
  })

  t.test('a state stays as it is while it is held, and is the same until something changes', async t => {
    const world = await open()
    await put(world, codeSystem(['red']))
    await put(world, valueSet())
    const before = await vocabulary(world)
    world.clock += 60_000
    t.equal(await vocabulary(world), before)
    await put(world, { resourceType: 'Patient', id: 'p' })
    world.clock += 60_000
    t.equal(await vocabulary(world), before, 'other resources do not matter')
    await put(world, codeSystem(['red', 'blue']))
    t.same(codesIn(before, set), ['red'])
    t.same(codesIn(await vocabulary(world), set), ['red', 'blue'])
  })

  t.test('what did not change is not compiled again', async t => {
    const world = await open()
    await put(world, codeSystem(['red']))
    await put(world, valueSet())
    const members = ({ memberships }: Vocabulary, url: string) => {
      const found = memberships.find({ url })
      return found && memberships.of(found, plain)
    }
    const implicit = 'http://unitsofmeasure.org/vs'
    const before = await vocabulary(world)
    const [own, core, units] = [set, 'http://hl7.org/fhir/ValueSet/administrative-gender', implicit].map(url =>
      members(before, url),
    )
    await put(world, codeSystem(['x'], { id: 'other', url: 'http://example.org/other' }))
    const after = await vocabulary(world)
    t.not(after, before)
    t.equal(after.memberships.terminology.codeSystem(system), before.memberships.terminology.codeSystem(system))
    t.equal(members(after, set), own)
    t.equal(members(after, 'http://hl7.org/fhir/ValueSet/administrative-gender'), core)
    t.equal(members(after, implicit), units)
    await put(world, codeSystem(['red', 'blue']))
    t.not(members(await vocabulary(world), set), own, 'its code system changed, though it did not')
  })

  t.test('an import that changes, goes or comes changes what imports it', async t => {
    const world = await open()
    const inner = 'http://example.org/sets/inner'
    const include = (codes: string[]) => [{ system, concept: codes.map(code => ({ code })) }]
    await put(world, valueSet({ compose: { include: [{ valueSet: [inner] }] } }))
    const bound = async (code: string) => (await vocabulary(world)).bindings.validate({ valueSet: set, system, code })
    t.equal(await bound('red'), 'unknown value set')
    await put(world, valueSet({ id: 'inner', url: inner, compose: { include: include(['red']) } }))
    t.equal(await bound('red'), 'in')
    await put(world, valueSet({ id: 'inner', url: inner, compose: { include: include(['blue']) } }))
    t.equal(await bound('red'), 'out')
    t.equal(await bound('blue'), 'in')
    await world.ask('DELETE', 'ValueSet/inner')
    t.equal(await bound('blue'), 'unknown value set')
  })

  t.test('what another process wrote is seen by the next who asks', async t => {
    const world = await open()
    const other = await world.apart()
    await put(world, codeSystem(['red']))
    await put(world, valueSet())
    t.same(codesIn(await vocabulary(other), set), ['red'])
    await put(world, codeSystem(['red', 'blue']))
    t.same(codesIn(await vocabulary(other), set), ['red', 'blue'])
    await world.ask('DELETE', 'ValueSet/all')
    t.same(codesIn(await vocabulary(other), set), [])
  })

  t.test('supplements that are stored are found, and count from the next request on', async t => {
    const world = await open()
    await put(world, codeSystem(['red']))
    const german = { code: 'red', designation: [{ language: 'de', value: 'rot' }] }
    const supplement = { id: 'german', url: 'http://example.org/german', content: 'supplement', supplements: system }
    await put(
      world,
      valueSet({
        extension: [
          { url: 'http://hl7.org/fhir/StructureDefinition/valueset-supplement', valueCanonical: supplement.url },
        ],
      }),
    )
    const terms = async () => {
      const { memberships } = await vocabulary(world)
      const { selections } = memberships.of(memberships.find({ url: set }) ?? {}, plain)
      return selections
        .get(system)?.[0]
        ?.system?.designations(0)
        .map(({ value }) => value)
    }
    t.same(await terms(), [])
    await put(world, codeSystem([], { ...supplement, concept: [german] }))
    t.same(await terms(), ['rot'])
  })
})
