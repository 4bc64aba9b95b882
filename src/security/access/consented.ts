/**
 * Consents of all patients as part of every question. Those that say the same are one node with a long list of patients, so that
 * ten thousand who opted out cost what one does.
 */
import type { Definitions } from '../../conformance/definitions.ts'
import { compartment } from '../../search/compartment.ts'
import { all, and, type Node, none, not, or } from '../../search/node.ts'
import type { Parameters } from '../../search/parameters.ts'
import { type Access, unlimited } from './access.ts'
import type { PatientConsent, Period, Provision } from './consent.ts'
import type { Facts } from './facts.ts'
import { labelled } from './labels.ts'

/** Patients whose consents say the same. */
export type ConsentGroup = { readonly provision: Provision; readonly patients: readonly string[] }

export function grouped(consents: readonly PatientConsent[]): readonly ConsentGroup[] {
  const groups = Map.groupBy(consents, ({ provision }) => JSON.stringify(provision))
  return [...groups.values()].flatMap(of => {
    const [first] = of
    return first ? [{ provision: first.provision, patients: [...new Set(of.map(({ patient }) => patient))] }] : []
  })
}

export type ConsentNeeds = {
  readonly compartments: Definitions['compartments']
  readonly parameters: Parameters
  readonly facts: Facts
  readonly client: string
  readonly purposes: readonly string[]
  /** Ids of patients for whom glass is broken: of them alone BTG is a purpose. */
  readonly broken: readonly string[]
  /** ms. */
  readonly now: number
}

export type Consented = {
  /** `undefined`: nobody forbids anything to this principal. */
  readonly allowed: ((type: string) => Node) | undefined
  /** For who needs a consent: only what one permits, and what is of no patient. */
  readonly permitted: (type: string) => Node
}

/** Of two consents of a patient that disagree, the one that forbids counts. What a patient forbids is not forbidden to himself. */
export function consented(groups: readonly ConsentGroup[], needs: ConsentNeeds): Consented {
  const { user } = needs.facts
  const self = user.find(name => name.startsWith('Patient/'))?.slice('Patient/'.length)
  const broken = new Set(needs.broken)
  const others = { ...needs, purposes: needs.purposes.filter(purpose => purpose !== glass) }
  const concerned = groups.flatMap(({ provision, patients }) => {
    const bound = self === undefined ? patients : patients.filter(id => id !== self)
    if (broken.size === 0) return verdictOn(bound, provision, others)
    const open = { ...others, purposes: [...(others.purposes.length > 0 ? others.purposes : usual), glass] }
    const closed = bound.filter(id => !broken.has(id))
    return [
      ...verdictOn(closed, provision, others),
      ...verdictOn(
        bound.filter(id => broken.has(id)),
        provision,
        open,
      ),
    ]
  })
  const whereOf = concerned.map(({ patients }) => compartment(needs, 'Patient', patients).where)
  const gathered = (side: keyof Verdict) => (type: string) =>
    or(concerned.map(({ verdict }, at) => and([whereOf[at]?.(type) ?? none, verdict[side](type)])))
  const [denied, permitted] = [gathered('denied'), gathered('permitted')]
  const isOfPatients = (type: string): boolean => compartment(needs, 'Patient', []).types.includes(type)
  const own = self === undefined ? () => none : compartment(needs, 'Patient', self).where
  return {
    allowed: concerned.length === 0 ? undefined : type => not(denied(type)),
    permitted: type => (isOfPatients(type) ? and([or([permitted(type), own(type)]), not(denied(type))]) : all),
  }
}

type Concerned = { readonly patients: readonly string[]; readonly verdict: Verdict }

function verdictOn(patients: readonly string[], provision: Provision, needs: ConsentNeeds): readonly Concerned[] {
  const verdict = patients.length === 0 ? undefined : judged(provision, needs)
  return verdict === undefined ? [] : [{ patients, verdict }]
}

/** As a limit beside others. */
export function consentAccess(allowed: (type: string) => Node): Access {
  const known = new Map<string, Node>()
  return {
    ...unlimited,
    unlimited: false,
    may(_letter, type) {
      const node = known.get(type) ?? allowed(type)
      known.set(type, node)
      return node
    },
  }
}

type Verdict = { readonly denied: (type: string) => Node; readonly permitted: (type: string) => Node }

/**
 * Exceptions are stronger than what they are exceptions from, and of exceptions beside each other the one that forbids counts.
 * `undefined`: it has nothing to do with this principal.
 */
function judged(provision: Provision, needs: ConsentNeeds): Verdict | undefined {
  if (!concerns(provision, needs)) return undefined
  const inner = provision.provisions.flatMap(one => judged(one, needs) ?? [])
  const closed = (type: string): Node => or(inner.map(({ denied }) => denied(type)))
  const opened = (type: string): Node => and([or(inner.map(({ permitted }) => permitted(type))), not(closed(type))])
  const here = (type: string): Node => rows(provision, type, needs)
  return provision.type === 'deny'
    ? { denied: type => and([here(type), not(opened(type))]), permitted: type => and([here(type), opened(type)]) }
    : { denied: type => and([here(type), closed(type)]), permitted: type => and([here(type), not(closed(type))]) }
}

/** What sees: to collect and to correct is not asked here. https://hl7.org/fhir/R4/valueset-consent-action.html */
const seeing: readonly string[] = ['access', 'use', 'disclose']

/** Who does not say why he asks, asks to treat. https://terminology.hl7.org/ValueSet-v3-PurposeOfUse.html */
const usual: readonly string[] = ['TREAT']
const glass = 'BTG'

function concerns({ period, actors, purposes, actions, type }: Provision, needs: ConsentNeeds): boolean {
  const { facts, client, now } = needs
  if (period && !(period.low <= now && now < period.high)) return false
  if (actions && !actions.some(action => seeing.includes(action))) return false
  const why = needs.purposes.length === 0 ? usual : needs.purposes
  const asked = [Object.values(facts).flat(), client, `Device/${client}`].flat()
  return isAmong(actors, asked, type) && isAmong(purposes, why, type)
}

/** A condition that is there but not understood holds for what forbids, and not for what permits. */
function isAmong(wanted: readonly string[] | undefined, found: readonly string[], type: Provision['type']): boolean {
  if (wanted === undefined) return true
  return wanted.length === 0 ? type === 'deny' : wanted.some(one => found.includes(one))
}

function rows(provision: Provision, type: string, { parameters }: ConsentNeeds): Node {
  const { classes, codes, labels, data, dataPeriod } = provision
  const unknown = provision.type === 'deny' ? all : none
  const among = (list: readonly string[] | undefined, node: (list: readonly string[]) => Node): Node => {
    if (list === undefined) return all
    return list.length === 0 ? unknown : node(list)
  }
  const known = parameters.of(type)
  return and([
    among(classes, list => (list.includes(type) ? all : none)),
    among(labels, labelled),
    among(codes, texts => {
      const slots = ['code', 'vaccine-code'].filter(name => known.get(name)?.type === 'token')
      return or(slots.map(name => ({ is: 'term', slot: `${name}|`, texts })))
    }),
    among(data, list => {
      const ids = list.filter(name => name.startsWith(`${type}/`)).map(name => name.slice(type.length + 1))
      return ids.length === 0 ? none : { is: 'id', ids }
    }),
    dataPeriod === undefined ? all : during(dataPeriod, known.has('date') ? 'date' : 'period'),
  ])
}

/** What has no date of this kind is not of the period. */
function during({ low, high }: Period, slot: string): Node {
  const tests = [
    { end: 'low', op: '<', than: high },
    { end: 'high', op: '>', than: low },
  ] as const
  return { is: 'range', slot, tests }
}
