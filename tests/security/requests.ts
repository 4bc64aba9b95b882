/** Requests by chance: all interactions and operations, about what somebody sees, what he does not, and what there is not. */
import type { Loose } from '../world.ts'
import { anyName, anyType, type Chance, condition, search } from './criteria.ts'
import { happenings, ref } from './hospital.ts'
import type { Asked } from './twins.ts'

/** `links`: how many links to pages were told so far. */
export function request(random: Chance, links: number): Asked {
  const way = random.below(100)
  if (way < 12 && links > 0) return page(random, links)
  if (way < 75) return random.pick(reads)(random)
  if (way < 92) return random.pick(writes)(random)
  if (way < 96) return random.pick(operations)(random)
  return bundle(random)
}

/** A link of a page, be it the last one, an old one, or one that somebody has changed. */
function page(random: Chance, links: number): Asked {
  const next = random.below(2) === 0 ? links - 1 : random.below(links)
  return { method: 'GET', next, path: random.below(8) === 0 ? 'A' : '' }
}

type Make = (random: Chance) => Asked

const get = (path: string, headers: Record<string, string> = {}): Asked => ({ method: 'GET', path, headers })

const instants = ['2026-01-01T00:01:00Z', '2026-01-01T00:03:00Z', '2026-01-01T00:04:30Z', '2026', '2027']

function historyOf(random: Chance): string {
  const parts = [
    ...(random.below(2) === 0 ? [`_count=${1 + random.below(4)}`] : []),
    ...(random.below(3) === 0 ? [`_since=${random.pick(instants)}`] : []),
    ...(random.below(3) === 0 ? [`_at=${random.pick(instants)}`] : []),
    ...(random.below(4) === 0 ? ['_sort=_lastUpdated'] : []),
    ...(random.below(5) === 0 ? [`_summary=${random.pick(['count', 'true'])}`] : []),
  ]
  return `_history${parts.length === 0 ? '' : `?${parts.join('&')}`}`
}

const reads: readonly Make[] = [
  ...Array.from({ length: 4 }, (): Make => r => get(anyName(r))),
  r => get(`${anyName(r)}?_elements=status`),
  r =>
    get(anyName(r), r.pick([{ 'if-none-match': 'W/"1"' }, { 'if-modified-since': 'Thu, 01 Jan 2026 00:02:00 GMT' }])),
  r => get(`${anyName(r)}/_history/${1 + r.below(4)}`),
  r => get(`${anyName(r)}/_history/${1 + r.below(4)}`),
  r => get(`${anyName(r)}/${historyOf(r)}`),
  r => get(`${anyName(r)}/${historyOf(r)}`),
  r => get(`${anyType(r)}/${historyOf(r)}`),
  r => get(historyOf(r)),
  ...Array.from({ length: 10 }, (): Make => typeSearch),
  r => get(`?${search('', r)}`),
  r => get(`?${search('', r)}`),
  r =>
    get(
      `${r.pick(['Patient/mine', 'Patient/other', anyName(r)])}/${r.pick(['*', anyType(r)])}?${search('Observation', r)}`,
    ),
  r => ({
    ...{ method: 'POST', path: `${anyType(r)}/_search`, body: search(anyType(r), r) },
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  }),
  r => get(r.pick(['metadata', 'metadata?mode=terminology'])),
]

function typeSearch(random: Chance): Asked {
  const type = anyType(random)
  const lenient = random.below(3) === 0 ? { prefer: 'handling=lenient' } : {}
  return get(`${type}?${search(type, random)}`, lenient)
}

/** Of what somebody sees in part, he sends a part. */
const untold = ['text', 'identifier', 'generalPractitioner', 'valueQuantity', 'hasMember', 'performer']
const patients = ['mine', 'mine', 'other', 'linked', 'absent']

/** One that there is, as it was sometime, perhaps with other links. */
function body(random: Chance, type = anyType(random)): Loose {
  const all = happenings.filter(each => each.type === type && each.resource !== undefined)
  const { resource } = random.pick(all.length > 0 ? all : happenings.filter(each => each.resource !== undefined))
  const copy = structuredClone(resource)
  if (random.below(3) === 0) for (const name of untold) delete copy[name]
  if (copy.subject && random.below(2) === 0) copy.subject = ref(`Patient/${random.pick(patients)}`)
  if (copy.status === 'final' && random.below(3) === 0) copy.status = 'corrected'
  if (copy.active !== undefined && random.below(4) === 0) copy.active = !copy.active
  if (copy.resourceType === 'Observation' && random.below(4) === 0)
    copy.meta = { profile: ['http://kiln.test/of-a-man'] }
  if (random.below(12) === 0) copy.identifier = [{ system: 'urn:new', value: anyName(random) }]
  return copy
}

const prefers = ['return=minimal', 'return=OperationOutcome', 'return=representation']

function headersOf(random: Chance): Record<string, string> {
  return {
    ...(random.below(3) === 0 ? { prefer: random.pick(prefers) } : {}),
    ...(random.below(6) === 0 ? { 'if-match': `W/"${1 + random.below(4)}"` } : {}),
    ...(random.below(12) === 0 ? { 'x-provenance': JSON.stringify(explained) } : {}),
    ...(random.below(10) === 0 ? { 'idempotency-key': `key-${random.below(4)}` } : {}),
  }
}

const explained = {
  resourceType: 'Provenance',
  recorded: '2026-01-01T00:00:00Z',
  agent: [{ who: ref('Practitioner/doctor') }],
}

const writes: readonly Make[] = [
  r => {
    const resource = body(r)
    return { method: 'POST', path: resource.resourceType, body: resource, headers: headersOf(r) }
  },
  r => {
    const resource = body(r)
    const headers = { ...headersOf(r), 'if-none-exist': condition(resource.resourceType, r) }
    return { method: 'POST', path: resource.resourceType, body: resource, headers }
  },
  ...Array.from({ length: 3 }, (): Make => update),
  r => {
    const [type = '', id] = anyName(r).split('/')
    const resource = { ...body(r, type), id: r.below(3) === 0 ? id : undefined }
    return { method: 'PUT', path: `${type}?${condition(type, r)}`, body: resource, headers: headersOf(r) }
  },
  r => patch(anyName(r), r),
  r => {
    const type = anyType(r)
    return patch(`${type}?${condition(type, r)}`, r)
  },
  r => ({ method: 'DELETE', path: anyName(r), headers: headersOf(r) }),
  r => {
    const type = anyType(r)
    const count = r.below(2) === 0 ? '&_count=3' : ''
    return { method: 'DELETE', path: `${type}?${condition(type, r)}${count}`, headers: headersOf(r) }
  },
]

function update(random: Chance): Asked {
  const [type = '', id] = anyName(random).split('/')
  return {
    method: 'PUT',
    path: `${type}/${id}`,
    body: { ...body(random, type), resourceType: type, id },
    headers: headersOf(random),
  }
}

function patch(path: string, random: Chance): Asked {
  const headers = { ...headersOf(random), 'content-type': 'application/json-patch+json' }
  const operations = random.pick([
    [{ op: 'replace', path: '/status', value: 'amended' }],
    [{ op: 'add', path: '/language', value: 'en' }],
    [{ op: 'test', path: '/subject/reference', value: 'Patient/other' }],
    [{ op: 'replace', path: '/subject/reference', value: 'Patient/other' }],
    [],
  ])
  return { method: 'PATCH', path, body: operations, headers }
}

const parameters = (...parameter: readonly Loose[]): Loose => ({ resourceType: 'Parameters', parameter })
const meta = (text: string): Loose => ({ name: 'meta', valueMeta: { tag: [{ system: 'urn:tags', code: text }] } })

const operations: readonly Make[] = [
  r => get(r.pick(['$meta', `${anyType(r)}/$meta`, `${anyName(r)}/$meta`, `${anyName(r)}/_history/1/$meta`])),
  r => ({
    method: 'POST',
    path: `${anyName(r)}/$meta-${r.pick(['add', 'delete'])}`,
    body: parameters(meta('laboratory')),
  }),
  r => {
    const [type = '', id] = anyName(r).split('/')
    const mode = { name: 'mode', valueCode: r.pick(['create', 'update', 'delete', 'profile']) }
    const resource = r.below(4) === 0 ? [] : [{ name: 'resource', resource: { ...body(r, type), id } }]
    return {
      method: 'POST',
      path: `${type}${r.below(3) === 0 ? '' : `/${id}`}/$validate`,
      body: parameters(mode, ...resource),
    }
  },
  r => get(`${anyName(r)}/$validate`),
  r => ({
    ...{ method: 'POST', path: '$closure' },
    body: parameters(
      { name: 'name', valueString: 'mine' },
      ...(r.below(2) === 0 ? [{ name: 'concept', valueCoding: { system: 'urn:drugs', code: 'x' } }] : []),
    ),
  }),
  () => get('ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender'),
  () => get('CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=male'),
  r => get(`Task/${r.pick(['todo-other', 'absent'])}/$import-status`),
  r => get(`${anyName(r)}/$everything`),
]

const plain: readonly Make[] = [...reads, ...writes, ...writes, ...writes]

function bundle(random: Chance): Asked {
  const type = random.pick(['batch', 'transaction'])
  const all = Array.from({ length: 1 + random.below(4) }, () => random.pick(plain)(random))
  const entry = all
    .filter(({ method, path }) => method !== 'PATCH' && path !== '')
    .map((each, at) => entryOf(each, at, random))
  const tried = random.below(4) === 0 ? '?_validate=true' : ''
  return { method: 'POST', path: tried, body: { resourceType: 'Bundle', type, entry }, headers: headersOf(random) }
}

function entryOf({ method, path, body, headers = {} }: Asked, at: number, random: Chance): Loose {
  const isResource = typeof body === 'object'
  const linked = isResource
    ? { resource: relinked(body, random), fullUrl: `urn:uuid:00000000-0000-4000-8000-00000000000${at}` }
    : {}
  const { 'if-match': ifMatch, 'if-none-exist': ifNoneExist } = headers
  return { ...linked, request: { method, url: path, ...(ifMatch && { ifMatch }), ...(ifNoneExist && { ifNoneExist }) } }
}

/** At times it names another entry, or what criteria choose. */
function relinked(resource: Loose, random: Chance): Loose {
  if (resource.subject === undefined || random.below(2) === 0) return resource
  const to = random.pick(['urn:uuid:00000000-0000-4000-8000-000000000000', `Patient?${condition('Patient', random)}`])
  return { ...resource, subject: ref(to) }
}
