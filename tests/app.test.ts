import t from 'tap'
import { interactions } from '../src/interactions/index.ts'
import { openKiln } from './http/kiln.ts'
import { coloured, definition, eyes } from './interactions/own-definitions.ts'

type Coded = { readonly code: string }
type Claimed = { type: string; interaction: Coded[]; searchParam: { name: string }[] }
type Statement = {
  readonly software: { readonly version: string }
  readonly implementation: { readonly url: string }
  readonly rest: readonly [
    {
      readonly interaction: readonly Coded[]
      readonly resource: readonly Claimed[]
      readonly searchParam: readonly { readonly name: string }[]
    },
  ]
}

for (const audit of ['off', 'all']) {
  t.test(`the claim lists what is registered, for every resource type, and nothing else: audit ${audit}`, async t => {
    const { base } = await openKiln(t, { KILN_AUDIT: audit })
    const { implementation, rest } = (await (await fetch(`${base}/metadata`)).json()) as Statement
    const [{ interaction, resource }] = rest
    t.equal(implementation.url, base)
    t.equal(resource.length, 145, 'all but Parameters, which has no endpoint')
    const registered = new Set(interactions.map(({ code }) => code).filter(code => code !== 'capabilities'))
    for (const claim of resource) {
      const claimed = [...interaction, ...claim.interaction].map(({ code }) => code)
      const isRead = audit === 'all' && claim.type === 'AuditEvent'
      const writing = ['create', 'update', 'patch', 'delete']
      const expected = [...registered].filter(code => !isRead || !writing.includes(code))
      t.same(claimed.sort(), expected.sort(), claim.type)
    }
  })
}

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

t.test('the terminology statement tells what a tenant has stored, to that tenant alone', async t => {
  const { origin } = await openKiln(t, { KILN_TENANTS: 'one,other' })
  const colours = {
    resourceType: 'CodeSystem',
    url: 'http://example.org/colours',
    version: '2',
    status: 'active',
    content: 'complete',
    concept: [{ code: 'red' }],
  }
  const headers = { 'content-type': 'application/fhir+json' }
  const stored = await fetch(`${origin}/t/one/fhir/CodeSystem`, {
    method: 'POST',
    headers,
    body: JSON.stringify(colours),
  })
  t.equal(stored.status, 201)
  const claimed = async (tenant: string): Promise<unknown> => {
    const statement = await (await fetch(`${origin}/t/${tenant}/fhir/metadata?mode=terminology`)).json()
    const { codeSystem = [] } = statement as { codeSystem?: { uri: string }[] }
    return codeSystem.find(({ uri }) => uri === colours.url)
  }
  t.same(await claimed('one'), {
    uri: colours.url,
    version: [{ code: '2', isDefault: true, compositional: false }],
    subsumption: true,
  })
  t.equal(await claimed('other'), undefined)
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

t.test('a tenant’s own parameter is claimed, there alone, as soon as the server has indexed by it', async t => {
  const { base, origin } = await openKiln(t, { KILN_TENANTS: 'other' })
  const put = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/fhir+json' }
    const answer = await fetch(`${base}/${path}`, { method: 'PUT', headers, body: JSON.stringify(body) })
    t.equal(answer.status, 201, await answer.text())
  }
  const claimed = async (at: string): Promise<string[]> => {
    const { rest } = (await (await fetch(`${at}/metadata`)).json()) as Statement
    const found = rest[0].resource.filter(({ searchParam }) => searchParam.some(({ name }) => name === 'eye-colour'))
    return found.map(({ type }) => type)
  }
  await put('Patient/a', { resourceType: 'Patient', id: 'a', ...coloured('blue') })
  await put('SearchParameter/eyes', eyes)
  let total = 0
  while (total === 0) {
    const answer = await fetch(`${base}/Patient?eye-colour=blue`)
    if (answer.status === 200) total = ((await answer.json()) as { total: number }).total
    else t.match(await answer.text(), /is being indexed, \d+ % are done/)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  t.equal(total, 1)
  t.same(await claimed(base), ['Patient'])
  t.same(await claimed(`${origin}/t/other/fhir`), [])
})

t.test('what resources of all types have is claimed of the system, what only some have is not', async t => {
  const { base } = await openKiln(t)
  const texts = { type: 'string', expression: "Resource.meta.extension('http://kiln.test/x').value.ofType(string)" }
  const narrow = { ...texts, expression: "extension('http://kiln.test/x').value.ofType(string)" }
  for (const body of [
    definition('wide', 'wide', { ...texts, base: ['Resource'] }),
    definition('narrow', 'narrow', { ...narrow, base: ['DomainResource'] }),
  ]) {
    const headers = { 'content-type': 'application/fhir+json' }
    const answer = await fetch(`${base}/SearchParameter`, { method: 'POST', headers, body: JSON.stringify(body) })
    t.equal(answer.status, 201, await answer.text())
  }
  const claimed = async () => ((await (await fetch(`${base}/metadata`)).json()) as Statement).rest[0]
  let rest = await claimed()
  while (!rest.searchParam.some(({ name }) => name === 'wide')) {
    await new Promise(resolve => setTimeout(resolve, 50))
    rest = await claimed()
  }
  t.notOk(rest.searchParam.some(({ name }) => name === 'narrow'))
  const having = (wanted: string) => rest.resource.filter(it => it.searchParam.some(({ name }) => name === wanted))
  t.equal(having('wide').length, rest.resource.length)
  t.same(
    rest.resource.filter(it => !having('narrow').includes(it)).map(({ type }) => type),
    ['Binary', 'Bundle'],
  )
})
