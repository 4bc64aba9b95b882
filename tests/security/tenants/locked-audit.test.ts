/** What was recorded of a tenant when it was locked is kept, and holds up nobody else's audit. */
import { setTimeout as sleep } from 'node:timers/promises'
import { onBothStores } from './site.ts'

await onBothStores(async (t, open) => {
  await t.test('a tenant is locked while it is read', async t => {
    const site = await open({ KILN_AUTH: 'smart' })
    await site.add('north')
    const place = { tenant: 'north', base: site.baseOf('north') }
    const authorization = `Bearer ${await site.smart.token(place, { client: 'x', scope: 'system/*.rs', seconds: 60 })}`
    const read = async () => (await site.of('north')('GET', 'Patient/none', undefined, { authorization })).status
    t.equal(await read(), 404, 'there is none')
    let isLocked = false
    const reading = (async () => {
      while (!isLocked) await Promise.all([read(), sleep(5)])
    })()
    await site.change('north', { is: 'locked' })
    await sleep(500)
    isLocked = true
    await reading
    t.same(
      site.events.filter(({ event }) => event === 'audit.failed'),
      [],
    )
    await site.change('north', { is: 'open' })
    const found = async () =>
      Number((await site.of('north')('GET', 'AuditEvent?_summary=count', undefined, { authorization })).body.total)
    for (let tries = 0; tries < 300 && (await found()) < 10; tries++) await sleep(100)
    t.ok((await found()) >= 10, 'once it is open again, its events can be read')
  })
})
