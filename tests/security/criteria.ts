/** Searches by chance: of every parameter of R4, with values that mean something in the hospital. */
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { type SearchParameter, searchParameters } from '../../src/search/parameters.ts'
import { type Random, seeded } from '../faults/random.ts'
import { happenings } from './hospital.ts'

const parameters = searchParameters(loadDefinitions())

export const names: readonly string[] = [...new Set(happenings.map(({ type, id }) => `${type}/${id}`))]
export const types: readonly string[] = [...new Set(happenings.map(({ type }) => type))]
const absent = names.map(name => `${name}-not`)

/** `open`: types that are not refused altogether, and therefore of more interest. */
export type Chance = Random & { readonly open: readonly string[] }

export function chance(seed: number, open: readonly string[]): Chance {
  return { ...seeded(seed), open }
}

const codes = [
  ...['8867-4', 'http://loinc.org|8867-4', 'laboratory', 'vital-signs', 'only-there', 'final', 'amended', 'active'],
  ...['female', 'male', 'true', 'false', 'urn:mrn|mrn-other', 'urn:mrn|mrn-mine', 'urn:obs|o-lab-other', 'urn:obs|'],
  ...[
    'drug-of-other',
    'drug-of-mine',
    'urn:drugs|',
    'finished',
    'requested',
    'proposal',
    'AMB',
    'urn:tags|laboratory',
    'inactive',
  ],
]
const strings = ['Mine', 'Other', 'Ann', 'Hidden', 'Ward', 'pulse', 'secret', 'clinic', 'note', 'VIP', 'Letter']
const dates = [
  '2026',
  '2026-01-01',
  'ge2026-01-01T00:02:00Z',
  'lt2026-01-01T00:03:30Z',
  'eq2026-01-01T00:04:00Z',
  'ap1970',
  '1970-01-01',
]

/** A resource that there is, at times only in somebody else's eyes, or one that there is not. */
export function anyName(random: Chance): string {
  const type = anyType(random)
  const some = (random.below(8) === 0 ? absent : names).filter(name => name.startsWith(`${type}/`))
  return random.pick(some)
}

export function anyType(random: Chance): string {
  return random.below(3) > 0 && random.open.length > 0 ? random.pick(random.open) : random.pick(types)
}

const idOf = (name: string): string => name.split('/')[1] ?? ''

function anyValue({ type, code }: SearchParameter, random: Chance): string {
  if (code === '_id') return idOf(anyName(random))
  switch (type) {
    case 'token':
      return random.pick(codes)
    case 'reference':
      return random.pick([anyName, anyName, (r: Chance) => idOf(anyName(r))])(random)
    case 'date':
      return random.pick(dates)
    case 'string':
      return random.pick(strings)
    case 'number':
      return random.pick(['7', '99', 'lt50', 'gt50'])
    case 'quantity':
      return random.pick(['7', 'gt50', '99||mmol/l', '7|http://unitsofmeasure.org|mmol/L'])
    case 'uri':
      return random.pick(['urn:a', 'http://loinc.org'])
    case 'composite':
      return random.pick(['8867-4$gt50', '8867-4$7', 'http://loinc.org|8867-4$99'])
    default:
      return 'x'
  }
}

const modifiers: Readonly<Record<string, readonly string[]>> = {
  token: [':not', ':text', ':of-type', ':in', ':above', ':below', ':not-in'],
  string: [':exact', ':contains'],
  reference: [':identifier', ':above', ':below', ':Patient', ':Observation'],
  uri: [':above', ':below'],
}

/** `chains`: how many more resources a criterion may lead through. */
export function criterion(type: string, random: Chance, chains = 2): string {
  const all = [...parameters.of(type).values()].filter(({ code }) => code !== '_query')
  if (all.length === 0) return '_id=x'
  if (chains > 0 && random.below(4) === 0) return reversed(type, random, chains)
  const parameter = random.pick(all)
  if (chains > 0 && parameter.type === 'reference' && random.below(3) > 0) return chain(parameter, random, chains)
  return simple(parameter, random)
}

function simple(parameter: SearchParameter, random: Chance): string {
  const { code, type } = parameter
  if (random.below(6) === 0) return `${code}:missing=${random.pick(['true', 'false'])}`
  const modifier = random.below(5) === 0 ? random.pick(modifiers[type] ?? ['']) : ''
  const value = anyValue(parameter, random)
  const more = random.below(6) === 0 ? `,${anyValue(parameter, random)}` : ''
  return `${code}${modifier}=${value}${more}`
}

function chain({ code, target = [] }: SearchParameter, random: Chance, chains: number): string {
  const leads = target.filter(each => types.includes(each))
  const to = random.pick(leads.length > 0 ? leads : ['Patient'])
  const inner = criterion(to, random, chains - 1)
  const isNamed = inner.startsWith('_has:') || random.below(4) > 0
  return isNamed ? `${code}:${to}.${inner}` : `${code}.${inner}`
}

function reversed(type: string, random: Chance, chains: number): string {
  const from = anyType(random)
  const links = referencesOf(from).filter(({ target }) => target?.includes(type) !== false)
  if (links.length === 0) return `_id=${idOf(anyName(random))}`
  const [name, value] = halves(criterion(from, random, chains - 1))
  return `_has:${from}:${random.pick(links).code}:${name}=${value}`
}

function referencesOf(type: string): readonly SearchParameter[] {
  return [...parameters.of(type).values()].filter(parameter => parameter.type === 'reference')
}

function halves(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

function include(type: string, random: Chance): string {
  const iterate = random.below(3) === 0 ? ':iterate' : ''
  if (random.below(2) === 0) {
    const links = referencesOf(type)
    const code = links.length === 0 ? 'subject' : random.pick(links).code
    return `_include${iterate}=${random.pick(['*', `${type}:*`, `${type}:${code}`, `${type}:${code}`])}`
  }
  const from = anyType(random)
  const links = referencesOf(from)
  const code = links.length === 0 ? 'subject' : random.pick(links).code
  return `_revinclude${iterate}=${random.pick(['*', `${from}:*`, `${from}:${code}`, `${from}:${code}`])}`
}

const filters = [
  ...['subject eq Patient/other', 'subject eq Patient/mine and status eq final', 'not (subject.family eq Other)'],
  ...[
    '_id in lab',
    'name co "Hidden"',
    'has-member.status eq amended',
    'partof.name co Hidden',
    'subject:Patient.gender eq male',
  ],
]

/** What an answer looks like, what comes along, and criteria that all types have. */
function result(type: string, random: Chance): string {
  const sortable = [...parameters.of(type).keys()]
  return random.pick([
    () => `_count=${random.below(5)}`,
    () => `_count=${1 + random.below(3)}`,
    () => `_total=${random.pick(['none', 'estimate', 'accurate'])}`,
    () => `_summary=${random.pick(['count', 'true', 'text', 'data', 'false'])}`,
    () => `_elements=${random.pick(['status', 'name', 'subject,code'])}`,
    () => `_sort=${random.pick(['', '-'])}${random.pick(['_lastUpdated', '_id', random.pick([...sortable, '_id'])])}`,
    () => include(type, random),
    () => include(type, random),
    () => `_list=${random.pick(['problems', 'problems-other', 'absent'])}`,
    () => `_filter=${random.pick(filters)}`,
    () => `_${random.pick(['text', 'content'])}=${random.pick(strings)}`,
    () => `_contained=${random.pick(['true', 'both'])}&_containedType=${random.pick(['container', 'contained'])}`,
    () => `_lastUpdated=${random.pick(dates)}`,
    () => '_explain=true',
    () => '_unknown=1',
  ])()
}

/** Both with a value to be escaped. */
export function search(type: string, random: Chance): string {
  const of = type === '' ? anyType(random) : type
  const parts = [
    ...Array.from({ length: random.below(3) }, () => criterion(of, random)),
    ...Array.from({ length: random.below(3) }, () => result(of, random)),
    ...(type === '' && random.below(2) === 0
      ? [`_type=${anyType(random)}${random.below(2) === 0 ? `,${of}` : ''}`]
      : []),
  ]
  return encodeURI(parts.join('&')).replaceAll('+', '%2B')
}

/** For what is done on conditions: one or two criteria, and no more; mostly those of one resource. */
export function condition(type: string, random: Chance): string {
  if (random.below(3) > 0) return aimed(type, random)
  const parts = Array.from({ length: 1 + random.below(2) }, () => criterion(type, random, 1))
  return encodeURI(parts.join('&'))
}

function aimed(type: string, random: Chance): string {
  const same = names.filter(name => name.startsWith(`${type}/`))
  const id = idOf(same.length === 0 ? '' : random.pick(same))
  const system = { Observation: 'urn:obs|o-', Patient: 'urn:mrn|mrn-', Practitioner: 'urn:npi|npi-' }[type]
  return system === undefined || random.below(3) === 0
    ? `_id=${id}`
    : `identifier=${encodeURIComponent(`${system}${id}`)}`
}
