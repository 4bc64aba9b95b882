import t from 'tap'
import type { Key, Version } from '../../../src/store/port.ts'
import { onBothStores } from '../../world.ts'
import { fill, marks, observation, patient, type Site, site } from './site.ts'

const key = (type: string, id: string): Key => ({ tenant: 'default', type, id })

/** As whoever has the database may write it. */
async function forge({ sealed }: Site, to: Key, rest: string): Promise<void> {
  const draft = { type: to.type, id: to.id, rest }
  const outcome = await sealed.below.commit({
    tenant: 'default',
    writes: [{ do: 'put', key: to, method: 'PUT', draft }],
  })
  t.ok(outcome.ok)
}

/** What stands behind the stamp. */
function restOf({ json = '' }: Version): string {
  return json.slice(json.indexOf('},"_sealed"'))
}

async function below({ sealed }: Site, of: Key, version = 1): Promise<string> {
  const found = await sealed.below.vread(of, version)
  if (!found) throw new Error('it is there')
  return restOf(found)
}

t.setTimeout(120_000)

await onBothStores(async (t, open) => {
  await t.test('what was changed or moved behind the back of the server is not given out, and reported', async t => {
    const world = await site(t, open)
    await fill(world)
    const [p1, b1] = [key('Patient', 'p1'), key('Observation', 'b1')]
    const first = await below(world, p1)
    const other = await below(world, b1)
    const flipped = first.replace(/.(?=.{20}"\}$)/, it => (it === 'A' ? 'B' : 'A'))
    const forged: Record<string, string> = {
      'the text of another resource': other,
      'an earlier version of its own': first,
      'a bit changed': flipped,
      'cut short': `${first.slice(0, -12)}"}`,
      'plain text in its place': '},"birthDate":"1990-01-01"}',
      'an empty envelope': '},"_sealed":""}',
      'a key that is not there': first.replace(/"1\.[\w-]+\./, '"1.nothing.'),
      'a number that is not there': first.replace(/"(1\.[\w-]+)\.1\./, '"$1.7.'),
    }
    for (const [what, rest] of Object.entries(forged)) {
      const before = world.sealed.events.length
      await forge(world, p1, rest)
      const reply = await world.ask('GET', '/Patient/p1')
      t.equal(reply.status, 500, what)
      t.match(reply.body, { resourceType: 'OperationOutcome', issue: [{ code: 'exception' }] })
      for (const mark of [...marks, '1990', '1.nothing']) t.notOk(reply.json.includes(mark), `${what}: ${mark}`)
      t.match(world.sealed.events.slice(before), [
        { event: 'encryption.unreadable', tenant: 'default', type: 'Patient' },
      ])
    }
    t.equal((await world.ask('GET', '/Patient/p1/_history/1')).status, 200, 'what was not touched is there')
    t.match((await world.ask('GET', '/Observation/b1')).body, observation('b1'))
    t.equal(
      (await world.ask('PUT', '/Patient/p1', patient)).status,
      500,
      'an update that would compare with it is not done',
    )
    t.equal((await world.ask('DELETE', '/Patient/p1')).status, 204, 'but it can be deleted')
    t.match((await world.ask('PUT', '/Patient/p1', patient)).status, 201)
  })

  await t.test('id, type and version in the clear count for nothing', async t => {
    const world = await site(t, open)
    await fill(world)
    const { json = '' } = (await world.sealed.below.read(key('Patient', 'p1'))) ?? {}
    t.match(
      json,
      /^\{"resourceType":"Patient","id":"p1","meta":\{"versionId":"1","lastUpdated":"[^"]+"\},"_sealed":"1\.[\w-]+\.1\.[\w+/=]+"\}$/,
    )
    t.notMatch(json, /"1\.(tenant|p1)\./, 'the name of a key does not tell whose it is')
    const organization = await world.sealed.below.read(key('Organization', 'o1'))
    t.match(organization?.json, /"name":"Acme"/, 'other types are stored as ever')
  })
})
