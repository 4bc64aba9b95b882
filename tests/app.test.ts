import t from 'tap'
import { interactions } from '../src/interactions/index.ts'
import { openKiln } from './http/kiln.ts'

type Coded = { readonly code: string }
type Statement = {
  readonly software: { readonly version: string }
  readonly implementation: { readonly url: string }
  readonly rest: readonly [
    { readonly interaction: readonly Coded[]; readonly resource: readonly { type: string; interaction: Coded[] }[] },
  ]
}

t.test('the claim lists what is registered, for every resource type, and nothing else', async t => {
  const { base } = await openKiln(t)
  const { implementation, rest } = (await (await fetch(`${base}/metadata`)).json()) as Statement
  const [{ interaction, resource }] = rest
  t.equal(implementation.url, base)
  t.equal(resource.length, 145, 'all but Parameters, which has no endpoint')
  const registered = new Set(interactions.map(({ code }) => code).filter(code => code !== 'capabilities'))
  for (const claim of resource) {
    const claimed = [...interaction, ...claim.interaction].map(({ code }) => code)
    t.same(claimed.sort(), [...registered].sort(), claim.type)
  }
})

t.test('the three modes of the claim come in both formats', async t => {
  const { base } = await openKiln(t)
  for (const [mode, type] of [
    ['full', 'CapabilityStatement'],
    ['normative', 'CapabilityStatement'],
    ['terminology', 'TerminologyCapabilities'],
  ] as const) {
    t.match(await (await fetch(`${base}/metadata?mode=${mode}`)).json(), { resourceType: type })
    t.match(await (await fetch(`${base}/metadata?mode=${mode}&_format=xml`)).text(), `<${type} xmlns=`)
  }
  t.equal((await fetch(`${base}/metadata?mode=whatever`)).status, 400)
})

t.test('referential integrity holds for the tenants that ask for it', async t => {
  const { origin } = await openKiln(t, { KILN_TENANTS: 'strict,loose', KILN_INTEGRITY: 'strict' })
  const post = (tenant: string) =>
    fetch(`${origin}/t/${tenant}/fhir/Observation`, {
      method: 'POST',
      headers: { 'content-type': 'application/fhir+json' },
      body: JSON.stringify({
        resourceType: 'Observation',
        status: 'final',
        code: { text: 'weight' },
        subject: { reference: 'Patient/nobody' },
      }),
    })
  t.equal((await post('loose')).status, 201)
  t.ok((await post('strict')).status >= 400)
})
