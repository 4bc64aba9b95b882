/** One pass of compiled definitions over one resource: what it needs to know, and what changes while it goes on. */
import { type Issue, isError } from '../../fhir/issue.ts'
import type { Environment } from '../../fhir/path/compiled/item.ts'
import { isObject, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Codes } from '../codes.ts'
import type { Concepts } from '../concepts.ts'
import { add, type Findings, findingsAt } from '../findings.ts'
import type { Questionnaires } from '../questionnaires.ts'
import type { Targets } from '../targets.ts'

export type Options = {
  /** `claimed`: those that `meta.profile` names; a list: these instead. Base definitions always apply. */
  readonly profiles: 'claimed' | readonly string[]
  readonly codes: Codes
  readonly targets: Targets
  /** Absent: nobody knows any code system. */
  readonly concepts?: Concepts
  /** Absent: nobody knows any. */
  readonly questionnaires?: Questionnaires
  /** An unknown profile or questionnaire is an error. */
  readonly strict?: boolean
  /** Beside what `profiles` says. */
  readonly also?: readonly string[]
  /** It has to conform to one of each. */
  readonly required?: readonly Requirement[]
  /** The Bundle around the resource, if it is checked by itself. */
  readonly bundle?: Resource
  /** What a reference of `from` leads to among the resources that are written together. */
  readonly beside?: (reference: string, from: Resource) => Resource | undefined
  /** Entries that are checked by themselves, and not as a part of it. */
  readonly apart?: ReadonlySet<Resource>
  /** How broken best practices are told of; `warning` by default. https://hl7.org/fhir/R4/best-practices.html */
  readonly bestPractice?: 'off' | 'hint' | 'warning' | 'error'
  /** Look codes and displays up in their code systems. */
  readonly lookUp?: boolean
  /** Tell of codes that are not the preferred ones. */
  readonly preferred?: boolean
  /** Tell of must-support elements that are not there. */
  readonly mustSupport?: boolean
}

/** What definitions cannot say of a well-formed resource that is not contained; `at`: the path that leads to it. */
export type Beyond = (resource: Resource, at: string, options: Options) => readonly Issue[]

/** https://hl7.org/fhir/R4/capabilitystatement-definitions.html#CapabilityStatement.rest.resource.supportedProfile */
export type Requirement = {
  readonly profiles: readonly string[]
  /** Who asks for it: `CapabilityStatement/1`. */
  readonly by: string
}

export type Run = {
  readonly found: Findings
  readonly options: Options
  /** What is wrong with definitions that were met, told once each. */
  readonly problems: (readonly Issue[])[]
  /** What constraints of others than R4 may still spend. */
  readonly allowance: { left: number }
  /** Profiles that are being tried, with what on: references can lead in circles. */
  readonly trials: (readonly [profile: string, on: Json])[]
  /** What was tried so far. Without it, profiles that offer alternatives at each of many levels would take for ever. */
  readonly verdicts: Map<ItemCheck, Map<Json, boolean>>
  /** Of a resource inside another one: whatever its definition and its claims say. */
  readonly nested: (resource: Resource, isContained: boolean, run: Run) => void
  /** %resource, and where in the path it starts. */
  resource: Resource
  start: number
  /** %rootResource: what contains it, if it is contained. */
  root: Resource
  /** The same, as constraints see it. */
  around: Environment
  /** The path of the element definition that is being entered, for extensions that belong there: `HumanName.family`. */
  element: string
  /** The Bundle around it, if it is an entry. */
  bundle: Resource | undefined
}

/** An element wherever it stands: a primitive may have a twin (`_birthDate`) beside its value, or instead of it. */
export type Item = {
  readonly value: Json | undefined
  readonly twin: JsonObject | undefined
  /** `Quantity`, `code`, `Patient.contact`; for a resource its type. */
  readonly type: string
  /** Its place, if the element is a list. */
  readonly index?: number | undefined
}

/** Of one element, to which the path leads. */
export type ItemCheck = (value: Json | undefined, twin: JsonObject | undefined, type: string, run: Run) => void

/** Of some property of an object, to which the path leads; also where the property is absent. */
export type MemberCheck = (owner: JsonObject, run: Run) => void

/** Reports nothing, and says whether a check that reports only errors would have been passed. */
export function passes(check: ItemCheck, item: Item, run: Run): boolean {
  const { value } = item
  if (!isObject(value)) return tried(check, item, run)
  const verdicts = run.verdicts.get(check) ?? new Map<Json, boolean>()
  run.verdicts.set(check, verdicts)
  const verdict = verdicts.get(value) ?? tried(check, item, run)
  verdicts.set(value, verdict)
  return verdict
}

function tried(check: ItemCheck, { value, twin, type }: Item, run: Run): boolean {
  const found = { ...findingsAt(''), path: [...run.found.path] }
  check(value, twin, type, { ...run, found })
  return found.left === 0 && !found.issues.some(isError)
}

/** `Patient.name.family`: where the path leads within the innermost resource, without indices. */
export function elementPath({ found, resource, start }: Run): string {
  const steps = found.path.slice(start).filter(step => typeof step === 'string')
  return [resource.resourceType, ...steps].join('.')
}

/** With the path at the item, which is one of the element `step` of what it leads to. */
export function runAt(run: Run, step: string, { value, twin, type, index }: Item, checks: readonly ItemCheck[]): void {
  const { path } = run.found
  path.push(step)
  if (index !== undefined) path.push(index)
  for (const check of checks) check(value, twin, type, run)
  if (index !== undefined) path.pop()
  path.pop()
}

/** At the element `step` of what the path leads to. */
export function addAt(run: Run, step: string, issue: Issue): void {
  run.found.path.push(step)
  add(run.found, issue)
  run.found.path.pop()
}
