/** Twelve who see little of the hospital, and what each of them sees: told by hand, so that the server is not asked about itself. */
import type { Principal } from '../../src/security/principal.ts'
import type { Loose } from '../world.ts'
import { bland, type Happening, happenings, hidden } from './hospital.ts'

export type Somebody = Partial<Principal> & {
  readonly scope: string
  /** By any of his letters but `c`, which shows nothing that is there already. */
  readonly sees: (happening: Seen) => boolean
  /** Types that are open to him, where his scope does not tell. */
  readonly types?: readonly string[]
  /** What he sees of them. */
  readonly part?: (resource: Loose) => Loose
  /** The patient for whom he has broken the glass. */
  readonly glass?: string
}

type Seen = Pick<Happening, 'whose' | 'type'> & { readonly resource: Loose }

const patient = 'mine'
const ofNobody = new Set(['Practitioner', 'Organization', 'Location'])

/** A patient's app that was given these types; `*`: all. */
function app(types: readonly string[], scope: string): Somebody {
  const isOpen = (type: string): boolean => types.includes('*') || types.includes(type)
  return { scope, patient, sees: ({ whose, type }) => isOpen(type) && (whose === 'mine' || ofNobody.has(type)) }
}

const isVital = ({ meta }: Loose): boolean => meta?.tag?.[0].code === 'vital-signs'
const forClerks = ['Patient', 'Observation', 'List', 'Practitioner']
const women = ['Patient/mine']

export const somebodies: readonly Somebody[] = [
  app(['*'], 'patient/*.cruds'),
  app(['*'], 'patient/*.rs'),
  app(['Patient', 'Observation'], 'patient/Patient.rs patient/Observation.rs'),
  {
    scope:
      'patient/Observation.rs?category=vital-signs patient/Condition.cruds patient/List.r patient/Organization.rs?active=true',
    patient,
    sees: ({ type, whose, resource }) =>
      type === 'Organization'
        ? resource.active
        : whose === 'mine' && (type === 'Observation' ? isVital(resource) : type === 'Condition' || type === 'List'),
  },
  {
    scope: 'system/Observation.cruds?category=vital-signs system/Patient.rs?gender=female',
    sees: ({ type, resource }) =>
      type === 'Observation' ? isVital(resource) : type === 'Patient' && resource.gender === 'female',
  },
  {
    scope: 'system/Organization.cruds?active=true system/Location.cruds?status=active system/Practitioner.rs',
    sees: ({ type, resource }) =>
      type === 'Practitioner' ||
      (type === 'Organization' && resource.active) ||
      (type === 'Location' && resource.status === 'active'),
  },
  app(
    ['Patient', 'Observation', 'Encounter', 'List'],
    'patient/Patient.s patient/Observation.s patient/Encounter.s patient/List.s',
  ),
  app(['*'], 'patient/*.r'),
  {
    scope: 'patient/Condition.cu system/Observation.c patient/Encounter.d system/Basic.c patient/Observation.cu',
    patient,
    sees: ({ whose, type }) => whose === 'mine' && ['Condition', 'Encounter', 'Observation'].includes(type),
  },
  {
    scope:
      'system/Observation.rs?patient.gender=female system/Condition.crus?patient.gender=female system/Patient.s system/Encounter.rs?status:not=finished',
    sees: ({ type, resource }) =>
      type === 'Patient' ||
      ((type === 'Observation' || type === 'Condition') && women.includes(resource.subject.reference)),
  },
  {
    ...{ scope: 'system/*.cruds', client: 'clerk', types: forClerks },
    sees: ({ type, resource }) => forClerks.includes(type) && resource.meta?.security === undefined,
    part: withoutHidden,
  },
  {
    ...{ scope: 'system/Observation.rs system/Patient.rs system/Encounter.r', client: 'reader' },
    sees: ({ type, resource }) =>
      type === 'Patient'
        ? resource.id !== 'third'
        : (type === 'Observation' || type === 'Encounter') && resource.subject.reference !== 'Patient/third',
  },
]

/** With their narrative, which may tell them. */
function withoutHidden({ text: _, ...resource }: Loose): Loose {
  const names = hidden[resource.resourceType] ?? []
  const isHidden = (name: string): boolean =>
    names.some(path => (path.endsWith('[x]') ? name.startsWith(path.slice(0, -3)) : name === path))
  return Object.fromEntries(Object.entries(resource).filter(([name]) => !isHidden(name)))
}

/** `rich`: with all that may not be seen. `poor`: without; but where somebody sees another version of a resource, versions keep their numbers. */
export type Kind = 'rich' | 'poor'

export type Told = Pick<Happening, 'stage' | 'type' | 'id' | 'resource'>

export function toldTo({ sees, part = whole }: Somebody, kind: Kind): readonly Told[] {
  if (kind === 'rich') return happenings
  const versions = Map.groupBy(happenings, nameOf)
  const isSeen = new Map(
    [...versions.values()].flatMap(all =>
      all.map((one, at) => [one, one.whose === 'all' || sees(seenBy(all, at))] as const),
    ),
  )
  return happenings.flatMap(one => {
    if (!versions.get(nameOf(one))?.some(each => isSeen.get(each))) return []
    const { type, id, resource } = one
    if (resource === undefined || one.whose === 'all') return one
    return { ...one, resource: isSeen.get(one) ? part(resource) : bland(type, id) }
  })
}

const whole = (resource: Loose): Loose => resource

function nameOf({ type, id }: Told): string {
  return `${type}/${id}`
}

/** A deletion is seen by who saw what was deleted. */
function seenBy(versions: readonly Happening[], at: number): Seen {
  const { whose, type, resource = versions[at - 1]?.resource } = versions[at] as Happening
  return { whose, type, resource }
}
