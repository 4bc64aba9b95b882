/** Access policies: which resources are open to whom, and what of them may be written. */

import { type Policy, policy } from '../security/access/policies.ts'
import { type Loose, onBothStores, type Reply, type World } from '../world.ts'

type Ask = World['ask']

async function put(ask: Ask, resource: Loose, headers?: Record<string, string>): Promise<void> {
  const { status, json } = await ask('PUT', `${resource.resourceType}/${resource.id}`, resource, headers)
  if (status >= 300) throw new Error(json)
}

function ids({ body }: Reply): readonly string[] {
  return (body.entry ?? []).map(({ resource }: Loose) => `${resource.resourceType}/${resource.id}`).sort()
}

function observation(id: string, of: string, more: Loose = {}): Loose {
  return {
    ...{ resourceType: 'Observation', id, status: 'preliminary', code: { text: 'pulse' } },
    subject: { reference: `Patient/${of}` },
    ...more,
  }
}

/** Two wards with a patient each, and a nurse of the first. */
async function hospital({ ask }: World, headers?: Record<string, string>): Promise<void> {
  for (const ward of ['a', 'b']) {
    await put(ask, { resourceType: 'Organization', id: ward, name: ward }, headers)
    await put(
      ask,
      {
        ...{ resourceType: 'Patient', id: `of-${ward}`, name: [{ family: 'Smith', given: ['Ann'] }] },
        ...{ telecom: [{ system: 'phone', value: `555-${ward}` }], birthDate: '1980-01-01' },
        managingOrganization: { reference: `Organization/${ward}` },
      },
      headers,
    )
    await put(ask, observation(`of-${ward}`, `of-${ward}`), headers)
  }
  await put(ask, { resourceType: 'Practitioner', id: 'nurse', name: [{ family: 'Nurse' }] }, headers)
  await put(
    ask,
    {
      ...{ resourceType: 'PractitionerRole', id: 'nurse-a', active: true },
      practitioner: { reference: 'Practitioner/nurse' },
      organization: { reference: 'Organization/a' },
    },
    headers,
  )
}

const nurse = { id: 'n', user: 'nora', fhirUser: 'Practitioner/nurse', roles: ['ward-nurse'], scope: 'user/*.cruds' }

const wardNurse: Policy = {
  roles: ['ward-nurse'],
  rules: [
    { types: ['Patient'], letters: 'rs', criteria: ['organization=%organization'] },
    {
      types: ['Observation'],
      letters: 'crus',
      criteria: ['subject:Patient.organization=%organization'],
      constraints: ["%before.empty() or %before.status != 'final'"],
    },
  ],
}

await onBothStores(async (t, open) => {
  await t.test('a policy opens what fits its criteria, and nothing else', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, policy('ward', wardNurse))
    const ask = world.as(nurse)
    t.same(ids(await ask('GET', 'Patient')), ['Patient/of-a'])
    t.same(ids(await ask('GET', 'Observation')), ['Observation/of-a'])
    t.equal((await ask('GET', 'Patient/of-b')).status, 404)
    t.equal((await ask('GET', 'Organization/a')).status, 403)
    t.equal((await ask('DELETE', 'Observation/of-a')).status, 403)
    t.equal((await ask('POST', 'Observation', observation('', 'of-b'))).status, 403)
    t.equal((await ask('POST', 'Observation', { ...observation('', 'of-a'), id: undefined })).status, 201)
  })

  await t.test('a scope is no more than a policy, and a policy no more than a scope', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, policy('ward', wardNurse))
    const ask = world.as({ ...nurse, scope: 'user/Patient.r' })
    t.equal((await ask('GET', 'Patient/of-a')).status, 200)
    t.equal((await ask('GET', 'Patient')).status, 403)
    t.equal((await ask('GET', 'Observation/of-a')).status, 403)
  })

  await t.test('without a policy a user may do nothing, and a backend service what its scopes say', async t => {
    const world = await open()
    await hospital(world)
    for (const roles of [[], ['gardener']]) {
      const user = world.as({ ...nurse, roles })
      t.equal((await user('GET', 'Patient')).status, 403, roles.join())
      t.equal((await user('GET', 'Patient/of-a')).status, 403, roles.join())
    }
    const backend = { scope: 'system/Patient.rs', client: 'robot' }
    t.same(ids(await world.as(backend)('GET', 'Patient')), ['Patient/of-a', 'Patient/of-b'])
    const rules = [{ types: ['Patient'], letters: 'rs', criteria: ['organization=a'] }]
    await put(world.ask, policy('robots', { clients: ['robot'], rules }))
    t.same(ids(await world.as(backend)('GET', 'Patient')), ['Patient/of-a'])
    t.equal((await world.as({ ...backend, client: 'other', policies: ['gone'] })('GET', 'Patient')).status, 403)
  })

  await t.test('what a client may do limits whoever uses it, and gives nobody more', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, policy('ward', wardNurse))
    const everybody = [{ types: ['Patient'], letters: 'rs' }]
    await put(world.ask, policy('app', { clients: ['chart'], rules: everybody }))
    await put(world.ask, policy('given', { rules: everybody }))
    const chart = world.as({ ...nurse, client: 'chart' })
    t.same(ids(await chart('GET', 'Patient')), ['Patient/of-a'], 'not all that the app is open for')
    t.equal((await chart('GET', 'Observation')).status, 403, 'not all that the nurse is open for')
    const given = world.as({ ...nurse, policies: ['given'] })
    t.same(ids(await given('GET', 'Patient')), ['Patient/of-a'])
    t.equal((await given('GET', 'Observation/of-a')).status, 403)
    t.equal((await world.as({ ...nurse, policies: ['gone'] })('GET', 'Patient')).status, 403)
    const robot = world.as({ scope: 'system/*.rs', client: 'robot', policies: ['given'], roles: ['gardener'] })
    t.same(ids(await robot('GET', 'Patient')), ['Patient/of-a', 'Patient/of-b'], 'what is its own adds up')
    t.equal((await robot('GET', 'Observation')).status, 403)
  })

  await t.test('a variable without value opens nothing', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, policy('ward', wardNurse))
    const { fhirUser: _, ...stranger } = nurse
    t.equal((await world.as(stranger)('GET', 'Patient')).status, 403)
    await put(world.ask, {
      ...{ resourceType: 'PractitionerRole', id: 'nurse-a', active: false },
      practitioner: { reference: 'Practitioner/nurse' },
      organization: { reference: 'Organization/a' },
    })
    world.clock += 1_000
    t.equal((await world.as(nurse)('GET', 'Patient')).status, 403)
  })

  await t.test('shipped roles work as they are, until a tenant has its own', async t => {
    const world = await open()
    await hospital(world)
    const patient = { id: 'p', user: 'ann', fhirUser: 'Patient/of-a', roles: ['patient'], scope: 'user/*.cruds' }
    t.same(ids(await world.as(patient)('GET', 'Patient')), ['Patient/of-a'])
    t.same(ids(await world.as(patient)('GET', 'Observation')), ['Observation/of-a'])
    t.equal((await world.as(patient)('GET', 'Organization/b')).status, 200)
    await put(world.ask, {
      ...{ resourceType: 'RelatedPerson', id: 'mother', patient: { reference: 'Patient/of-b' } },
      active: true,
    })
    const proxy = { id: 'm', user: 'mia', fhirUser: 'RelatedPerson/mother', roles: ['proxy'], scope: 'user/*.rs' }
    t.same(ids(await world.as(proxy)('GET', 'Patient')), ['Patient/of-b'])
    const launched = world.as({ ...proxy, patient: 'of-a' })
    t.equal((await launched('GET', 'Patient')).status, 403, 'an app of hers for a patient who is none of hers')
    await put(world.ask, {
      resourceType: 'Person',
      id: 'mia',
      link: [{ target: { reference: 'RelatedPerson/mother' } }],
    })
    t.same(ids(await world.as({ ...proxy, id: 'n', fhirUser: 'Person/mia' })('GET', 'Patient')), ['Patient/of-b'])
    await put(world.ask, policy('own', { roles: ['patient'], rules: [{ types: ['Organization'], letters: 'rs' }] }))
    t.equal((await world.as(patient)('GET', 'Patient')).status, 403)
  })

  await t.test('a policy that was changed counts at once here, and within a second elsewhere', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, policy('ward', wardNurse))
    const elsewhere = world.other()
    const there = world.as(nurse, elsewhere)
    t.same(ids(await world.as(nurse)('GET', 'Patient')), ['Patient/of-a'])
    t.same(ids(await there('GET', 'Patient')), ['Patient/of-a'])
    await put(world.ask, policy('ward', { ...wardNurse, rules: [{ types: ['Organization'], letters: 'r' }] }))
    t.equal((await world.as(nurse)('GET', 'Patient')).status, 403)
    world.clock += 1_000
    t.equal((await there('GET', 'Patient')).status, 403)
    t.equal((await world.ask('DELETE', 'Basic/ward')).status, 204)
    t.equal((await world.as(nurse)('GET', 'Organization/a')).status, 403)
  })

  await t.test('constraints are judged over before and after', async t => {
    const world = await open()
    await hospital(world)
    await put(world.ask, policy('ward', wardNurse))
    const ask = world.as(nurse)
    const final = observation('of-a', 'of-a', { status: 'final' })
    t.equal((await ask('PUT', 'Observation/of-a', final)).status, 200)
    const back = await ask('PUT', 'Observation/of-a', observation('of-a', 'of-a'))
    t.equal(back.status, 403)
    t.match(back.body.issue[0].diagnostics, /%before.status/)
    const patch = [{ op: 'replace', path: '/status', value: 'amended' }]
    const { status } = await ask('PATCH', 'Observation/of-a', patch, { 'content-type': 'application/json-patch+json' })
    t.equal(status, 403)
    t.equal((await world.ask('GET', 'Observation/of-a')).body.status, 'final')
  })

  await t.test('of two policies each opens its own, but what one of them closes is closed', async t => {
    const world = await open()
    await hospital(world)
    await put(
      world.ask,
      policy('one', { roles: ['x'], rules: [{ types: ['Patient'], letters: 'rs', criteria: ['organization=a'] }] }),
    )
    const hidden = { types: ['Patient'], letters: 'rs', criteria: ['organization=b'], hidden: ['telecom'] }
    await put(world.ask, policy('two', { users: ['nora'], rules: [hidden] }))
    const ask = world.as({ ...nurse, roles: ['x'] })
    t.same(ids(await ask('GET', 'Patient')), ['Patient/of-a', 'Patient/of-b'])
    t.equal((await ask('GET', 'Patient/of-a')).body.telecom, undefined)
  })

  await t.test('who is limited by a policy cannot write one', async t => {
    const world = await open()
    await hospital(world)
    const seeing = { confidentiality: 'V', sensitivities: ['*'] }
    const all = { ...seeing, roles: ['x'], rules: [{ types: ['*'], letters: 'cruds', hidden: ['Patient.telecom'] }] }
    await put(world.ask, policy('all', all))
    const ask = world.as({ ...nurse, roles: ['x'] })
    t.equal((await ask('GET', 'Basic/all')).status, 200)
    const { id: _, ...mine } = policy('', { roles: ['x'], rules: [{ types: ['*'], letters: 'cruds' }] })
    t.equal((await ask('POST', 'Basic', mine)).status, 403)
    t.equal((await ask('PUT', 'Basic/all', policy('all', { ...all, roles: ['y'] }))).status, 403)
    t.equal((await ask('DELETE', 'Basic/all')).status, 403)
    const harmless = { resourceType: 'Basic', id: 'note', code: { text: 'note' } }
    t.equal((await ask('PUT', 'Basic/note', harmless)).status, 201)
    t.equal((await ask('PUT', 'Basic/note', { ...mine, id: 'note' })).status, 403)
    const robot = world.as({ scope: 'system/Basic.cruds', client: 'robot' })
    t.equal((await robot('POST', 'Basic', mine)).status, 403)
    t.equal((await world.as({ scope: 'system/*.cruds', client: 'robot' })('POST', 'Basic', mine)).status, 201)
  })

  await t.test('a policy that could not be understood is refused', async t => {
    const { ask } = await open()
    const attempt = async (rule: Policy['rules'][number]): Promise<string> => {
      const { status, body } = await ask('PUT', 'Basic/bad', policy('bad', { roles: ['x'], rules: [rule] }))
      return `${status} ${body.issue?.[0].diagnostics}`
    }
    const patients = { types: ['Patient'], letters: 'rs' }
    t.match(await attempt({ ...patients, criteria: ['colour=green'] }), /^422 .*colour/)
    t.match(await attempt({ ...patients, criteria: ['organization=%hospital'] }), /^422 .*%hospital/)
    t.match(await attempt({ ...patients, compartments: ['Patient/1'] }), /^422 .*variable/)
    t.match(await attempt({ ...patients, hidden: ['phone'] }), /^422 .*'phone'/)
    t.match(await attempt({ ...patients, constraints: ['name.(('] }), /^422 .*name/)
    t.match(await attempt({ types: ['Observation'], letters: 'rs', hidden: ['status'] }), /^422 .*without 'status'/)
    t.match(await attempt({ types: ['Patent'], letters: 'rs' }), /^422 .*'Patent'/)
  })

  await t.test('policies of one tenant mean nothing in another', async t => {
    const world = await open()
    await hospital(world)
    await hospital(world, { 'x-tenant': 'other' })
    await put(world.ask, policy('ward', wardNurse))
    const there = world.as({ ...nurse, tenant: 'other' })
    t.equal((await there('GET', 'Patient', undefined, { 'x-tenant': 'other' })).status, 403)
    t.same(ids(await world.as(nurse)('GET', 'Patient')), ['Patient/of-a'])
  })

  await t.test('a Binary is for those who see what it belongs to', async t => {
    const world = await open()
    await hospital(world)
    const binary = (id: string, context?: string) => ({
      ...{ resourceType: 'Binary', id, contentType: 'text/plain', data: 'aGk=' },
      ...(context === undefined ? {} : { securityContext: { reference: context } }),
    })
    await put(world.ask, binary('of-a', 'Patient/of-a'))
    await put(world.ask, binary('of-b', 'http://kiln.test/fhir/Observation/of-b'))
    await put(world.ask, binary('of-nobody', 'https://elsewhere.example/fhir/Patient/1'))
    await put(world.ask, binary('free'))
    const opened = async (ask: Ask): Promise<readonly string[]> => {
      const found = ids(await ask('GET', 'Binary')).map(name => name.split('/')[1] ?? '')
      for (const id of ['of-a', 'of-b', 'of-nobody', 'free']) {
        const expected = found.includes(id) ? 200 : 404
        for (const rest of ['', '/_history', '/_history/1']) {
          t.equal((await ask('GET', `Binary/${id}${rest}`)).status, expected, `${id}${rest}`)
        }
      }
      return found
    }
    const rules = [...wardNurse.rules, { types: ['Binary'], letters: 'rus' }]
    await put(world.ask, policy('ward', { ...wardNurse, rules }))
    t.same(await opened(world.as(nurse)), ['free', 'of-a'])
    t.same(await opened(world.as({ scope: 'patient/*.rs', patient: 'of-b' })), ['of-b'])
    t.same(await opened(world.as({ scope: 'system/Binary.rs system/Patient.rs' })), ['free', 'of-a'])
    t.same(await opened(world.as({ scope: 'system/*.cruds' })), ['free', 'of-a', 'of-b', 'of-nobody'])
    const stolen = binary('of-a', 'Patient/of-b')
    t.equal((await world.as(nurse)('PUT', 'Binary/of-a', stolen)).status, 403)
  })
})
