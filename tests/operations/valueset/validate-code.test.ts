/** https://hl7.org/fhir/R4/valueset-operation-validate-code.html */
import { bundle } from '../../interactions/bundles.ts'
import { parametersIn } from '../../terminology/cases.ts'
import { entries, type Loose, type Reply } from '../../world.ts'
import { animals, storeAnimals } from '../animals.ts'
import { validationIn } from '../cases.ts'
import { operating, parameters } from '../operating.ts'

const url = 'url=http://t/vs/mammals'
const animal = 'system=http://t/animals'

const answered: readonly (readonly [query: string, expected: Loose])[] = [
  [
    `${animal}&code=cat`,
    { result: true, code: 'cat', system: 'http://t/animals', version: '1.0', display: 'House cat' },
  ],
  [`${animal}&code=cat&display=House+cat`, { result: true, issues: [] }],
  [`${animal}&code=cat&display=Dog`, { result: false, issues: ['error invalid invalid-display display'] }],
  [
    `${animal}&code=cat&display=Dog&lenient-display-validation=true`,
    { result: true, issues: ['warning invalid invalid-display display'] },
  ],
  [`${animal}&code=cat&display=Dog&valueset-membership-only=true`, { result: true, issues: [] }],
  [`${animal}&code=cat&display=Hauskatze&displayLanguage=de`, { result: true, display: 'Hauskatze' }],
  [`${animal}&code=cat&systemVersion=1.0`, { result: true, version: '1.0' }],
  [`${animal}&code=cat&systemVersion=7`, { result: false }],
  [
    `${animal}&code=oak`,
    { result: false, message: /'http:\/\/t\/animals#oak' was not found in the value set 'http:\/\/t\/vs\/mammals\|1'/ },
  ],
  [
    `${animal}&code=unicorn`,
    { result: false, issues: ['error code-invalid not-in-vs code', 'error code-invalid invalid-code code'] },
  ],
  [
    `${animal}&code=CAT`,
    { result: false, issues: ['error code-invalid not-in-vs code', 'error code-invalid invalid-code code'] },
  ],
  [`${animal}&code=whale`, { result: true, status: 'deprecated' }],
  [`${animal}&code=quagga`, { result: true, inactive: true, status: 'retired' }],
  [`${animal}&code=quagga&activeOnly=true`, { result: false }],
  ['system=http://t/nowhere&code=cat', { result: false, 'x-unknown-system': 'http://t/nowhere' }],
  ['system=animals&code=cat', { result: false, message: /must be an absolute reference/ }],
  ['system=http://t/vs/tame&code=cat', { result: false, message: /references a value set, not a code system/ }],
  ['code=cat&inferSystem=true', { result: true, system: 'http://t/animals' }],
  [
    'code=oak&inferSystem=true',
    { result: false, message: /The System URI could not be determined for the code 'oak'/ },
  ],
  [`${animal}&code=cat&abstract=true`, { result: true }],
  [`${animal}&code=cat&abstract=false`, { result: true }],
  [`${animal}&code=cat&date=2020-01-01`, { result: true }],
  [`${animal}&code=cat&system-version=http://t/animals|1.0`, { result: true }],
  [`${animal}&code=cat&check-system-version=http://t/animals|2`, { result: false, message: /is not allowed/ }],
  [`${animal}&code=cat&force-system-version=http://t/animals|2`, { result: false }],
  [`${animal}&code=cat&default-valueset-version=http://t/vs/mammals|1`, { result: true }],
  [`${animal}&code=cat&display=Chat&useSupplement=http://t/animals-fr`, { result: false }],
  [`${animal}&code=cat&nobody-knows-this=1&cache-id=1`, { result: true }],
]

const types: Readonly<Record<string, string>> = {
  code: 'Code',
  display: 'String',
  systemVersion: 'String',
  displayLanguage: 'Code',
  date: 'Date',
}

function asBody(query: string): Loose {
  return parameters(
    ...[...new URLSearchParams(query)].map(([name, text]) => {
      const isFlag = text === 'true' || text === 'false'
      return [name, types[name] ?? (isFlag ? 'Boolean' : 'Uri'), isFlag ? text === 'true' : text] as const
    }),
  )
}

const wrong: readonly (readonly [query: string, status: number, text: RegExp])[] = [
  [url, 400, /there is no code to ask about: expected one of the parameters code, coding, codeableConcept/],
  [`${url}&code=cat`, 400, /the code 'cat' has no system: expected the parameter 'system' or inferSystem=true/],
  [`${url}&${animal}`, 400, /there is no code/],
  [`${animal}&code=cat`, 400, /there is no value set: expected url, valueSet or context/],
  [`url=http://t/none&${animal}&code=cat`, 404, /A definition for the value Set 'http:\/\/t\/none' could not be found/],
  [`${url}|7&${animal}&code=cat`, 404, /'http:\/\/t\/vs\/mammals\|7' could not be found/],
  [`url=http://t/vs/circle-1&${animal}&code=cat`, 422, /circularity/],
  [`${url}&${animal}&code=cat&inferSystem=perhaps`, 400, /'inferSystem'.*'perhaps'/],
  [`${url}&${animal}&code=cat&abstract=0`, 400, /'abstract'/],
  [`${url}&${animal}&code=cat&code=dog`, 400, /'code' was given 2 times/],
  [`${url}&${animal}&code=+cat`, 400, /'code'/],
  [`${url}&coding=cat`, 400, /'coding' is of the type Coding, which a URL cannot carry/],
  [`${url}&${animal}&code=cat&displayLanguage=$$`, 422, /Invalid displayLanguage/],
  [`${url}&${animal}&code=cat&useSupplement=http://t/none`, 404, /Required supplement not found: http:\/\/t\/none/],
  [`context=nonsense&code=cat`, 422, /the context 'nonsense' is not understood/],
]

function answer(reply: Reply): Loose {
  return reply.status === 200 ? validationIn(reply.body) : reply.json
}

await operating(async (t, open) => {
  const world = await open()
  await storeAnimals(world)

  await t.test('a code is held against a value set, by whatever way it is asked for', async t => {
    const inline = animals.find(one => one.url === 'http://t/vs/mammals')
    for (const [query, expected] of answered) {
      t.match(answer(await world.ask('GET', `ValueSet/$validate-code?${url}&${query}`)), expected, `GET ${query}`)
      t.match(answer(await world.ask('GET', `ValueSet/mammals-1/$validate-code?${query}`)), expected, query)
      const post = await world.ask('POST', 'ValueSet/$validate-code', asBody(`${url}&${query}`))
      t.match(answer(post), expected, `POST ${query}`)
      const given = asBody(query)
      given.parameter.push({ name: 'valueSet', resource: inline })
      t.match(answer(await world.ask('POST', 'ValueSet/$validate-code', given)), expected, `inline ${query}`)
    }
  })

  await t.test('what is no question is refused', async t => {
    for (const [query, status, text] of wrong) {
      const reply = await world.ask('GET', `ValueSet/$validate-code?${query}`)
      t.equal(reply.status, status, `${query} ${reply.json}`)
      t.match(reply.body.issue[0].diagnostics, text, query)
    }
    const twice = parameters(
      ['url', 'Uri', 'http://t/vs/mammals'],
      ['coding', 'Coding', { code: 'cat' }],
      ['codeableConcept', 'CodeableConcept', { text: 'cat' }],
    )
    t.equal((await world.ask('POST', 'ValueSet/$validate-code', twice)).status, 400)
    t.equal((await world.ask('GET', `ValueSet/mammals-1/$validate-code?${url}&${animal}&code=cat`)).status, 400)
    t.equal((await world.ask('GET', `ValueSet/none/$validate-code?${animal}&code=cat`)).status, 404)
  })

  await t.test('a value set that cannot be resolved is told as clients read it', async t => {
    const { body } = await world.ask('GET', `ValueSet/$validate-code?url=http://t/none&${animal}&code=cat`)
    t.match(body.issue[0], {
      severity: 'error',
      code: 'not-found',
      details: {
        coding: [{ system: 'http://hl7.org/fhir/tools/CodeSystem/tx-issue-type', code: 'not-found' }],
        text: "A definition for the value Set 'http://t/none' could not be found",
      },
    })
  })

  await t.test('of a concept one good coding is enough', async t => {
    const ask = async (...coding: Loose[]) => {
      const concept = ['codeableConcept', 'CodeableConcept', { coding, text: 'a pet' }] as const
      const body = parameters(['url', 'Uri', 'http://t/vs/mammals'], concept)
      return answer(await world.ask('POST', 'ValueSet/$validate-code', body))
    }
    const [cat, oak] = ['cat', 'oak'].map(code => ({ system: 'http://t/animals', code }))
    t.match(await ask(oak, cat), { result: true, code: 'cat', codeableConcept: { text: 'a pet' } })
    t.match(await ask(oak), { result: false, message: /No valid coding was found for the value set/ })
    t.match(await ask({ system: 'http://t/animals', code: 'cat', version: '9' }), { result: false })
    const many = Array.from({ length: 1_001 }, () => oak)
    t.match(await ask(...many), /the codeableConcept has 1001 codings: expected at most 1000/)
  })

  await t.test('a code without a system is found by its context', async t => {
    const element = [
      { id: 'Patient.gender', path: 'Patient.gender', binding: { strength: 'required', valueSet: 'http://t/vs/tame' } },
    ]
    const profile = {
      ...{ resourceType: 'StructureDefinition', id: 'pet', url: 'http://t/pet', name: 'Pet', status: 'active' },
      ...{ kind: 'resource', abstract: false, type: 'Patient', derivation: 'constraint', differential: { element } },
      baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    }
    t.equal((await world.ask('PUT', 'StructureDefinition/pet', profile)).status, 201)
    const path = 'ValueSet/$validate-code?context=http://t/pet%23Patient.gender'
    t.match(answer(await world.ask('GET', `${path}&code=dog`)), { result: true, system: 'http://t/animals' })
    t.match(answer(await world.ask('GET', `${path}&code=wolf`)), { result: false })
  })

  await t.test('a fragment never says that a code is wrong', async t => {
    const reply = await world.ask(
      'GET',
      'ValueSet/$validate-code?url=http://t/vs/part&system=http://t/part&code=beyond',
    )
    t.match(answer(reply), { result: true, issues: ['warning code-invalid invalid-code code'] })
  })

  await t.test('resources that come along are used once, and are not judged themselves', async t => {
    const system = {
      resourceType: 'CodeSystem',
      url: 'http://t/x',
      content: 'complete',
      concept: [{ code: 'x' }],
      wings: 2,
    }
    const valueSet = {
      resourceType: 'ValueSet',
      url: 'http://t/vs/x',
      compose: { include: [{ system: 'http://t/x' }] },
    }
    const question = [
      ['url', 'Uri', 'http://t/vs/x'],
      ['coding', 'Coding', { system: 'http://t/x', code: 'x' }],
    ] as const
    const along = [system, valueSet].map(one => ['tx-resource', 'resource', one] as const)
    const path = 'ValueSet/$validate-code'
    t.match(answer(await world.ask('POST', path, parameters(...question, ...along))), { result: true })
    t.equal((await world.ask('POST', path, parameters(...question))).status, 404)
  })

  await t.test('status of what the answer rests on is told', async t => {
    const ask = async (valueSet: Loose, system: Loose = {}) => {
      const concept = [{ code: 'x' }]
      const along = { resourceType: 'CodeSystem', url: 'http://t/x', content: 'complete', concept, ...system }
      const compose = { include: [{ system: 'http://t/x' }] }
      const body = parameters(
        ['valueSet', 'resource', { resourceType: 'ValueSet', url: 'http://t/vs/x', compose, ...valueSet }],
        ['tx-resource', 'resource', along],
        ['coding', 'Coding', { system: 'http://t/x', code: 'x' }],
      )
      const { parameter } = (await world.ask('POST', 'ValueSet/$validate-code', body)).body
      const { result, issues } = parametersIn(parameter) as Loose
      return [result, ...(issues?.issue ?? []).map((one: Loose) => `${one.severity} ${one.details.text}`)].join('; ')
    }
    const extension = (code: string) => ({
      extension: [
        { url: 'http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status', valueCode: code },
      ],
    })
    t.equal(await ask({ status: 'active' }, { status: 'active' }), 'true')
    t.equal(
      await ask({ status: 'active' }, { status: 'draft' }),
      'true; information Reference to draft CodeSystem http://t/x from active ValueSet http://t/vs/x',
    )
    t.equal(await ask({ status: 'draft' }, { status: 'draft' }), 'true', 'as both say of themselves')
    t.match(await ask({ status: 'retired' }, { status: 'active' }), /^true; information .*retired/)
    t.match(
      await ask({ status: 'active' }, { status: 'active', experimental: true }),
      /^true; .* experimental CodeSystem/,
    )
    t.match(await ask({ status: 'active', ...extension('deprecated') }, { status: 'active' }), /^true; .*deprecated/)
    t.match(await ask({ status: 'active', ...extension('withdrawn') }, { status: 'active' }), /^true; .*withdrawn/)
    t.match(await ask({ status: 'active' }, { status: 'retired' }), /^true; .*retired/)
    t.match(await ask({ status: 'active' }, { status: 'active', ...extension('withdrawn') }), /^true; .*withdrawn/)
  })

  await t.test('in a batch', async t => {
    const request = { method: 'GET', url: `ValueSet/$validate-code?${url}&${animal}&code=cat` }
    const reply = await world.ask('POST', '', bundle('batch', [{ request }]))
    t.match(validationIn(entries(reply)[0].resource), { result: true })
  })
})
