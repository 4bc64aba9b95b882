/**
 * What all requests go by counts for the next request of every process where the store can tell at once whether there is something
 * new, and within a second where it must be waited for. Each world has connections of its own, and hears by the store alone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
import { policy } from '../security/access/policies.ts'
import { type Loose, onBothStores, type World } from '../world.ts'
import { eyes } from './own-definitions.ts'

const reader = { scope: 'system/*.rs', client: 'reader' }
const code = (system: string, code: string): Loose => ({ coding: [{ system, code }] })
const consent = {
  ...{ resourceType: 'Consent', id: 'c', status: 'active', patient: { reference: 'Patient/p' } },
  scope: code('http://terminology.hl7.org/CodeSystem/consentscope', 'patient-privacy'),
  category: [code('http://loinc.org', '59284-0')],
  policyRule: code('http://terminology.hl7.org/CodeSystem/v3-ActCode', 'OPTIN'),
  provision: { type: 'deny' },
}
const closed = policy('robots', { clients: ['reader'], rules: [{ types: ['Organization'], letters: 'rs' }] })

const put = async ({ ask }: Pick<World, 'ask'>, resource: Loose): Promise<void> => {
  const { status, json } = await ask('PUT', `${resource.resourceType}/${resource.id}`, resource)
  if (status >= 300) throw new Error(json)
}

/** What is written, what somebody sees before, and what as long as it stands. */
const changes = [
  ['a policy', closed, 'Patient/p', 200, 403],
  ['a consent', consent, 'Patient/p', 200, 404],
  ['a search parameter', eyes, 'Patient?eye-colour=blue', /no search parameter/, /is being indexed/],
] as const

await onBothStores(async (t, open) => {
  for (const [name, resource, question, before, after] of changes) {
    t.test(`${name} counts elsewhere as soon as the store tells of it, and no longer when it is gone`, async t => {
      const world = await open()
      const other = await world.apart()
      const told = async (who: Pick<World, 'ctx'>): Promise<unknown> => {
        const { status, body } = await world.as(reader, who)('GET', question)
        return typeof before === 'number' ? status : body.issue?.[0].diagnostics
      }
      const isPrompt = typeof world.store.latest('default', ['Basic']) === 'number'
      const soon = (): void => {
        if (!isPrompt) world.clock += 1_000
      }
      await put(world, { resourceType: 'Patient', id: 'p' })
      for (const who of [world, other]) t.match(await told(who), before)
      await put(world, resource)
      soon()
      t.match(await told(other), after, 'elsewhere first')
      t.match(await told(world), after)
      await world.ask('DELETE', `${resource.resourceType}/${resource.id}`)
      soon()
      t.match(await told(other), before, 'gone')
      t.match(await told(world), before)
    })
  }

  t.test('however often it changes, and whoever is looking it up at that moment', async t => {
    const world = await open()
    const other = await world.apart()
    const isPrompt = typeof world.store.latest('default', ['Basic']) === 'number'
    await put(world, { resourceType: 'Patient', id: 'p' })
    let going = true
    const crowd = Array.from({ length: 4 }, async () => {
      while (going) {
        await world.as(reader, other)('GET', 'Patient/p')
        await nextTurn()
      }
    })
    for (let n = 0; n < 10; n++) {
      await put(world, closed)
      if (!isPrompt) world.clock += 1_000
      t.equal((await world.as(reader, other)('GET', 'Patient/p')).status, 403)
      await world.ask('DELETE', 'Basic/robots')
      if (!isPrompt) world.clock += 1_000
      t.equal((await world.as(reader, other)('GET', 'Patient/p')).status, 200)
    }
    going = false
    await Promise.all(crowd)
  })
})
