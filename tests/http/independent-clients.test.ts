/** The flow of SMART App Launch by clients that others wrote: `fhirclient` in a page, and `fhir-kit-client`; `oauth4webapi` is all around. */
import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client } from 'fhir-kit-client'
import type { Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { addAccount } from '../../src/security/accounts/account.ts'
import { hashPassword } from '../../src/security/accounts/password.ts'
import { openChromium } from '../browser/chromium.ts'
import { fhirClientScript } from '../browser/fhirclient.ts'
import { agreed, authorizing, exchanged, launchOf, operator, registered } from '../security/smart/app.ts'
import type { Loose } from '../world.ts'
import { type Kiln, openKiln } from './kiln.ts'

const password = 'seven quiet herons'
const wish = 'openid fhirUser offline_access patient/Patient.rs patient/Observation.cruds'
const settings = { KILN_AUTH: 'smart' }

const observation = (id: string, of: string) => ({
  ...{ resourceType: 'Observation', id, status: 'final', code: { text: 'x' } },
  subject: { reference: `Patient/${of}` },
})

async function admit(kiln: Kiln): Promise<void> {
  const headers = { ...(await operator(kiln)), 'content-type': 'application/fhir+json' }
  const amy = { resourceType: 'Patient', id: 'amy', name: [{ family: 'Pond', given: ['Amy'] }] }
  const grey = { resourceType: 'Practitioner', id: 'grey', name: [{ family: 'Grey' }] }
  const bob = { resourceType: 'Patient', id: 'bob' }
  for (const resource of [amy, bob, grey, observation('a', 'amy'), observation('b', 'bob')]) {
    const url = `${kiln.base}/${resource.resourceType}/${resource.id}`
    const answer = await fetch(url, { method: 'PUT', headers, body: JSON.stringify(resource) })
    if (!answer.ok) throw new Error(await answer.text())
  }
  const account = { login: 'grey', name: 'Dr Grey', roles: ['physician'], links: ['Practitioner/grey'] }
  const needs = { store: kiln.store, clock: Date.now, random: randomBytes }
  await addAccount(needs, 'default', { ...account, password: await hashPassword(password, randomBytes) })
}

/** A SMART app of a few lines. What it finds out it writes down as JSON. */
const pages = {
  '/launch.html': `<script src="/fhir-client.js"></script><script>
const query = new URLSearchParams(location.search)
FHIR.oauth2.authorize({
  clientId: 'growth', redirectUri: '/index.html', scope: query.get('scope'), iss: query.get('iss'),
}).catch(error => { document.body.append(error.message) })
</script>`,
  '/index.html': `<script src="/fhir-client.js"></script><body><pre></pre><script>
(async () => {
  const client = await FHIR.oauth2.ready()
  const patient = await client.patient.read()
  const found = await client.patient.request('Observation')
  const user = await client.user.read()
  const other = await client.request('Patient/bob').then(() => 'read', error => error.status)
  const made = await client.create({ resourceType: 'Observation', status: 'final', code: { text: 'made' }, subject: { reference: 'Patient/' + patient.id } })
  const before = client.state.tokenResponse.access_token
  await client.refresh()
  const again = await client.request('Patient/' + patient.id)
  const { scope, need_patient_banner, intent } = client.state.tokenResponse
  return {
    patient: patient.id, found: found.entry.map(({ resource }) => resource.id), user: user.resourceType + '/' + user.id,
    other, made: made.subject.reference, again: again.id, scope, need_patient_banner, intent,
    refreshed: client.state.tokenResponse.access_token !== before,
  }
})().then(told => JSON.stringify(told), error => JSON.stringify({ error: error.message })).then(text => {
  document.querySelector('pre').textContent = text
})
</script></body>`,
}

async function openApp(t: Test): Promise<string> {
  const files = new Map<string, string>(Object.entries(pages)).set('/fhir-client.js', await fhirClientScript())
  const server = createServer(({ url = '' }, response) => {
    const path = url.split('?', 1)[0] ?? ''
    response.setHeader('content-type', path.endsWith('.js') ? 'text/javascript' : 'text/html')
    response.end(files.get(path) ?? '<p>Nothing</p>')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('User name or e-mail').fill('grey')
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function allowed(page: Page, at: string): Promise<Loose> {
  await page.getByRole('button', { name: 'Allow Growth chart' }).click()
  await page.waitForURL(url => url.href.startsWith(`${at}/index.html`))
  await page.waitForFunction(`document.querySelector('pre')?.textContent`)
  return JSON.parse((await page.locator('pre').textContent()) ?? '')
}

/** As it tells of what was refused. */
async function statusOf(work: Promise<unknown>): Promise<number> {
  return work.then(
    () => 200,
    (error: { readonly response: { readonly status: number } }) => error.response.status,
  )
}

t.setTimeout(240_000)

await t.test('a page with fhirclient: standalone, and started by an EHR', async t => {
  const browser = await openChromium(t)
  const at = await openApp(t)
  if (!browser) return
  const kiln = await openKiln(t, settings)
  await admit(kiln)
  await registered(kiln, { client_id: 'growth', client_name: 'Growth chart', redirect_uris: [`${at}/index.html`] })
  const open = async (): Promise<Page> => {
    const context = await browser.newContext()
    t.teardown(() => context.close())
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    return page
  }
  const launch = (query: Record<string, string>): string => `${at}/launch.html?${new URLSearchParams(query)}`

  await t.test('standalone: the physician chooses the patient', async t => {
    const page = await open()
    const scope = `launch/patient ${wish} user/Practitioner.rs`
    await page.goto(launch({ iss: kiln.base, scope }))
    await signIn(page)
    await page.getByLabel('Name').fill('pond')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: /Amy Pond/ }).click()
    t.strictSame(await allowed(page, at), {
      ...{ patient: 'amy', found: ['a'], user: 'Practitioner/grey', other: 404, made: 'Patient/amy', again: 'amy' },
      ...{ scope, need_patient_banner: true, refreshed: true },
    })
  })

  await t.test('EHR launch: the patient is that of the chart', async t => {
    const page = await open()
    const parameter = [
      { name: 'patient', valueString: 'Patient/bob' },
      { name: 'intent', valueString: 'order' },
      { name: 'needPatientBanner', valueBoolean: false },
    ]
    const scope = `launch ${wish} user/Practitioner.rs`
    await page.goto(launch({ iss: kiln.base, scope, launch: await launchOf(kiln, parameter) }))
    await signIn(page)
    t.match(await allowed(page, at), { patient: 'bob', found: ['b'], intent: 'order', need_patient_banner: false })
  })
})

await t.test('fhir-kit-client finds the way by itself, and works within its scopes', async t => {
  const kiln = await openKiln(t, settings)
  await admit(kiln)
  const client = new Client({ baseUrl: kiln.base })
  const told = await client.smartAuthMetadata()
  t.match(
    { ...told },
    {
      authorizeUrl: new URL(`${kiln.origin}/oauth/authorize`),
      tokenUrl: new URL(`${kiln.origin}/oauth/token`),
    },
  )
  t.equal(await statusOf(client.read({ resourceType: 'Patient', id: 'amy' })), 401)
  const app = await registered(kiln)
  const way = await authorizing(app, kiln.base, wish)
  const { back } = await agreed(kiln, way, { patient: 'amy' })
  client.bearerToken = (await exchanged(app, way, back)).access_token
  t.match(await client.read({ resourceType: 'Patient', id: 'amy' }), { id: 'amy' })
  t.equal(await statusOf(client.read({ resourceType: 'Patient', id: 'bob' })), 404)
  t.equal(await statusOf(client.search({ resourceType: 'Condition' })), 403)
  const { id: _, ...body } = observation('x', 'amy')
  const made = await client.create({ resourceType: 'Observation', body: body as Loose })
  t.match(made, { subject: { reference: 'Patient/amy' }, id: String })
  const { id: __, ...foreign } = observation('x', 'bob')
  t.equal(await statusOf(client.create({ resourceType: 'Observation', body: foreign as Loose })), 403)
  const found = (await client.search({ resourceType: 'Observation', searchParams: { _count: '1' } })) as Loose
  const next = (await client.nextPage({ bundle: found })) as Loose
  t.equal(found.entry.length + next.entry.length, 2)
})
