/** What is told at the doors of a tenant: that it is there, that it is not, that it is full or asks too often. */
import { ids, onBothStores } from './site.ts'

const patient = { resourceType: 'Patient' }

await onBothStores(async (t, open) => {
  const site = await open({ KILN_AUTH: 'smart', KILN_TENANTS: 'fixed' })
  const token = async (tenant: string) => {
    const wish = { client: 'x', scope: 'system/*.cruds', seconds: 300 }
    const place = { tenant, base: site.baseOf(tenant) }
    return { authorization: `Bearer ${await site.smart.token(place, wish)}` }
  }
  const doors = (tenant: string) =>
    [
      ...['/fhir', '/fhir/metadata', '/fhir/Patient', '/fhir/.well-known/smart-configuration', '/oauth/jwks'],
      ...['/oauth/token', '/.well-known/openid-configuration', '/account', '/account/launch', '/oauth/interaction/x'],
    ].map(path => `${site.origin}/t/${tenant}${path}`)
  const rootDoors = (tenant: string) => [
    `${site.origin}/.well-known/oauth-authorization-server/t/${tenant}`,
    `${site.origin}/.well-known/oauth-protected-resource/t/${tenant}/fhir`,
  ]
  const statuses = (tenant: string) =>
    Promise.all([...doors(tenant), ...rootDoors(tenant)].map(async url => (await fetch(url)).status))

  await t.test('one that is added is there without a restart', async t => {
    t.same(new Set(await statuses('amber')), new Set([404]))
    await site.add('amber')
    t.same(await statuses('amber'), [401, 200, 401, 200, 200, 404, 200, 200, 200, 404, 200, 200])
    t.same(await statuses('fixed'), await statuses('amber'), 'as those of the settings are')
    const headers = await token('amber')
    t.equal((await site.of('amber')('POST', 'Patient', patient, headers)).status, 201)
    t.equal((await site.of('default')('GET', 'Patient', undefined, headers)).status, 401)
  })

  await t.test(
    'one that is locked answers as one that never was, at each door, and is whole when it comes back',
    async t => {
      const ask = site.of('amber')
      const headers = await token('amber')
      const [before] = ids(await ask('GET', 'Patient', undefined, headers))
      const never = async (url: string) => {
        const { status, text } = await ask('GET', url.replace('amber', 'never'), undefined, headers)
        return { status, text: text.replaceAll('never', 'amber') }
      }
      for (const is of ['locked', 'erasing', 'erased'] as const) {
        await site.change('amber', { is })
        for (const url of [...doors('amber'), ...rootDoors('amber')]) {
          const { status, text } = await ask('GET', url, undefined, headers)
          t.same({ status, text }, await never(url), `${is}: ${url}`)
          t.equal(status, 404)
        }
        t.equal((await ask('POST', 'Patient', patient, headers)).status, 404)
        t.equal((await ask('POST', `${site.origin}/t/amber/oauth/token`, 'grant_type=client_credentials')).status, 404)
        if (is === 'erased') break
        await site.change('amber', { is: 'open' })
        t.same(ids(await ask('GET', 'Patient', undefined, headers)), [before])
      }
    },
  )

  await t.test('the tenant of /fhir has no other base', async t => {
    for (const url of [...doors('default'), ...rootDoors('default')]) t.equal((await fetch(url)).status, 404, url)
  })

  await t.test('names are taken as they are, or not at all', async t => {
    for (const name of ['%66ixed', 'FIXED', 'fixed%2f', 'fixed%00', '__proto__', 'constructor', '*', '%2a', ' ']) {
      for (const path of ['fhir/metadata', 'oauth/jwks', 'account']) {
        const { status } = await fetch(`${site.origin}/t/${name}/${path}`)
        t.ok([400, 404].includes(status), `${status} ${name}/${path}`)
      }
    }
  })

  await t.test('who asks too often waits, and nobody else does', async t => {
    await site.add('eager', { quota: { rate: '0.1:3' } })
    const headers = await token('eager')
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => site.of('eager')('GET', 'Patient', undefined, headers)),
    )
    t.same(answers.map(({ status }) => status).sort(), [200, 200, 200, 429, 429, 429])
    const refused = answers.find(({ status }) => status === 429)
    t.match(refused?.body.issue, [{ code: 'throttled', diagnostics: /^too many requests from this tenant/ }])
    t.ok(Number(refused?.headers.get('retry-after')) > 0)
    for (const url of doors('eager')) t.equal((await fetch(url)).status, 429, url)
    const other = await token('fixed')
    t.equal((await site.of('fixed')('GET', 'Patient', undefined, other)).status, 200)
    await site.change('eager', { quota: {} })
    t.equal((await site.of('eager')('GET', 'Patient', undefined, headers)).status, 200, 'until it may')
  })

  await t.test('what does not fit is refused in words that help, alone or in a Bundle', async t => {
    await site.add('small', { quota: { resources: 2 } })
    const ask = site.of('small')
    const headers = await token('small')
    const entry = (count: number) =>
      Array.from({ length: count }, () => ({ resource: patient, request: { method: 'POST', url: 'Patient' } }))
    const bundle = (type: string, count: number) =>
      ask('POST', '', { resourceType: 'Bundle', type, entry: entry(count) }, headers)
    t.equal((await bundle('transaction', 3)).status, 507, 'all or nothing')
    t.same(ids(await ask('GET', 'Patient', undefined, headers)), [])
    const batch = await bundle('batch', 4)
    t.same(batch.body.entry.map((each: { response: { status: string } }) => each.response.status.slice(0, 3)).sort(), [
      '201',
      '201',
      '507',
      '507',
    ])
    const refused = await ask('POST', 'Patient', patient, headers)
    t.equal(refused.status, 507)
    t.match(refused.body, {
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code: 'business-rule', diagnostics: /it has 2 of 2 resources; delete some/ }],
    })
    t.equal((await ask('PUT', 'Patient/new', { ...patient, id: 'new' }, headers)).status, 507)
    const [first = ''] = ids(await ask('GET', 'Patient', undefined, headers))
    const id = first.slice('Patient/'.length)
    t.equal(
      (await ask('PUT', first, { ...patient, id, active: true }, headers)).status,
      200,
      'what is there may change',
    )
    t.equal((await ask('DELETE', first, undefined, headers)).status, 204)
    t.equal((await ask('PUT', 'Patient/new', { ...patient, id: 'new' }, headers)).status, 201)
  })

  await t.test('a tenant may be made so that its references lead somewhere', async t => {
    await site.add('strict', { integrity: true })
    const dangling = { ...patient, generalPractitioner: [{ reference: 'Practitioner/nobody' }] }
    t.equal((await site.of('strict')('POST', 'Patient', dangling, await token('strict'))).status, 422)
    t.equal((await site.of('fixed')('POST', 'Patient', dangling, await token('fixed'))).status, 201)
  })
})
