/** https://hl7.org/fhir/smart-app-launch/brands.html, over HTTP; SMART-n are the requirements that `src/security/SHALL.md` lists. */
import t from 'tap'
import { brandProfile, brandsOf, endpointProfile } from '../../src/security/smart/brands.ts'
import { operator } from '../security/smart/app.ts'
import type { Loose } from '../world.ts'
import { type Kiln, openKiln } from './kiln.ts'

const web = { system: 'urn:ietf:rfc:3986', value: 'https://grey.example' }
const logo = { url: 'brandLogo', valueUrl: 'https://grey.example/logo.svg' }
const hospital = {
  ...{ resourceType: 'Organization', id: 'grey', meta: { profile: [brandProfile] }, active: true, name: 'Grey' },
  identifier: [{ value: 'shared' }, web],
  telecom: [
    { system: 'url', value: 'https://grey.example' },
    { system: 'phone', value: '1' },
  ],
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/organization-brand', extension: [logo] }],
  contact: [{ name: { text: 'nobody’s business' } }],
}
const clinic = {
  ...{ resourceType: 'Organization', id: 'clinic', meta: { profile: [brandProfile] }, name: 'Clinic' },
  identifier: [{ value: 'shared' }],
  partOf: { reference: 'Organization/grey' },
}

function url({ base }: Pick<Kiln, 'base'>): string {
  return `${base}/.well-known/user-access-brands`
}

async function put(kiln: Kiln, resource: Loose): Promise<void> {
  const headers = { ...(await operator(kiln)), 'content-type': 'application/fhir+json' }
  const place = `${kiln.base}/${resource.resourceType}/${resource.id}`
  const answer = await fetch(place, { method: 'PUT', headers, body: JSON.stringify(resource) })
  t.ok(answer.ok, await answer.text())
}

async function configured(kiln: Kiln): Promise<Loose> {
  return (await fetch(`${kiln.base}/.well-known/smart-configuration`)).json()
}

t.test('a tenant without brands tells of none', async t => {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart' })
  t.equal((await fetch(url(kiln))).status, 404)
  t.notMatch(Object.keys(await configured(kiln)), ['user_access_brand_bundle'])
})

t.test(
  '[SMART-396 398 400 402 403 409 410 412 417 418 419 421 423 429 430 431 432 436] brands are public, whole and cached',
  async t => {
    const settings = { KILN_AUTH: 'smart', KILN_TENANTS: 'north' }
    const kiln = await openKiln(t, settings)
    await put(kiln, { resourceType: 'Organization', id: 'secret', name: 'Not marked', identifier: [{ value: 'x' }] })
    await put(kiln, { ...hospital, id: 'closed', active: false })
    await put(kiln, hospital)
    await put(kiln, clinic)
    const answer = await fetch(url(kiln), { headers: { origin: 'https://app.example' } })
    t.equal(answer.status, 200)
    t.match(answer.headers.get('content-type'), /^application\/fhir\+json/)
    t.equal(answer.headers.get('access-control-allow-origin'), '*')
    t.match(answer.headers.get('cache-control'), /^public, max-age=\d+$/)
    const etag = answer.headers.get('etag') ?? ''
    t.match(etag, /^W\/"[\w-]+"$/)
    const bundle = (await answer.json()) as Loose
    t.match(bundle, { resourceType: 'Bundle', type: 'collection', timestamp: /^\d{4}-/ })
    const ids = bundle.entry.map(({ resource }: Loose) => `${resource.resourceType}/${resource.id}`)
    t.strictSame(ids, ['Organization/grey', 'Organization/clinic', 'Endpoint/fhir'])
    t.strictSame(
      bundle.entry.map(({ fullUrl }: Loose) => fullUrl),
      ids.map((id: string) => `${kiln.base}/${id}`),
    )
    const [brand, small, endpoint] = bundle.entry.map(({ resource }: Loose) => resource)
    t.equal(bundle.timestamp, small.meta.lastUpdated, 'the last change')
    t.match(brand, { name: 'Grey', identifier: hospital.identifier, endpoint: [{ reference: 'Endpoint/fhir' }] })
    t.equal(brand.contact, undefined, 'what is stored beside is nobody’s business')
    t.equal(small.endpoint, undefined)
    t.match(small, { partOf: { reference: 'Organization/grey' } })
    t.match(endpoint, { address: kiln.base, connectionType: { code: 'hl7-fhir-rest' }, contact: [hospital.telecom[0]] })
    t.equal((await fetch(url(kiln), { headers: { 'if-none-match': `"x", ${etag}` } })).status, 304)
    t.match(await configured(kiln), { user_access_brand_bundle: url(kiln), user_access_brand_identifier: web })
    t.equal((await fetch(url({ base: `${kiln.origin}/t/north/fhir` }))).status, 404, 'another tenant has others')
    t.equal((await fetch(url(kiln), { method: 'OPTIONS' })).headers.get('access-control-allow-origin'), '*')
  },
)

t.test('endpoints that are marked are told in place of this one', async t => {
  const base = 'https://kiln.test/fhir'
  const ward = { resourceType: 'Endpoint', id: 'ward', meta: { profile: [endpointProfile] }, header: ['secret'] }
  const other = { ...ward, id: 'other' }
  const endpoint = [{ reference: 'Endpoint/other' }, { reference: 'Endpoint/hidden' }]
  const told = brandsOf(base, { organizations: [hospital, { ...clinic, endpoint }], endpoints: [ward, other] })
  const entry = (told as Loose).bundle.entry.map(({ resource }: Loose) => resource)
  t.strictSame(
    entry.map(({ id }: Loose) => id),
    ['grey', 'clinic', 'ward', 'other'],
  )
  t.strictSame(
    entry[0].endpoint,
    [{ reference: 'Endpoint/ward' }, { reference: 'Endpoint/other' }],
    'the primary has all',
  )
  t.strictSame(entry[1].endpoint, [{ reference: 'Endpoint/other' }], 'none that is not there')
  t.equal(entry[2].header, undefined)
  t.strictSame(told?.identifier, web, 'not the one that both have')
  const organizations = [{ ...hospital, identifier: [{ value: 'shared' }] }, clinic]
  t.equal(brandsOf(base, { organizations, endpoints: [] }), undefined, 'without an identifier of its own')
  t.strictSame(brandsOf(base, { organizations: [{ ...clinic, partOf: undefined }], endpoints: [] })?.identifier, {
    value: 'shared',
  })
  t.equal(brandsOf(base, { organizations: [{ ...hospital, identifier: [{ system: 'x' }] }], endpoints: [] }), undefined)
})
