/** Valid instances changed so that they break one rule, and how many of them are found out, where they should be. */
import { type Issue, isError } from '../../../../src/fhir/issue.ts'
import type { JsonObject, Resource } from '../../../../src/fhir/resource.ts'
import { type Random, seeded } from '../../../faults/random.ts'
import { instance, type Size } from '../instance.ts'
import type { Broken } from './broken-definitions.ts'
import { brokenRules } from './broken-rules.ts'
import { badKindsOf, type Change, formMutators, type Mutator, primitiveMutators } from './form.ts'
import { meaningMutators } from './meaning.ts'
import { put, type Site, shapes, sitesOf } from './site.ts'

export type Mutant = { readonly kind: string; readonly resource: Resource; readonly at: string; readonly key?: string }

export const resourceTypes = [...shapes.resourceTypes, 'Parameters']

export type Pool = {
  readonly resources: readonly Resource[]
  readonly sites: readonly Site[]
  /** By type, by path of the element, and by the mutators of primitives that apply. */
  readonly byName: ReadonlyMap<string, readonly Site[]>
}

const mostTries = 400

/** So many instances of every type, and more until there is one of everything that is to be broken. */
export function poolOf(each: number, seed: number): Pool {
  const sizes: readonly Size[] = ['small', 'medium']
  const resources = resourceTypes.flatMap((type, t) =>
    Array.from({ length: each }, (_, n) => instance(type, seeded(seed + t * 1000 + n), sizes[n % 2])),
  )
  const sites: Site[] = []
  const byName = new Map<string, Site[]>()
  for (const resource of resources) file(resource, sites, byName)
  const wanted = Object.values(brokenRules).flatMap(rules => rules.map(({ on }) => on))
  for (const on of wanted) {
    for (let n = 0; n < mostTries && !byName.has(on); n++) {
      const [type = ''] = on.split('.')
      const made = instance(resourceTypes.includes(type) ? type : 'PlanDefinition', seeded(seed + n), 'medium')
      if (sitesOf(made).some(({ shape, element }) => shape.name === on || element?.path === on)) {
        file(made, sites, byName)
        resources.push(made)
      }
    }
  }
  return { resources, sites, byName }
}

function file(resource: Resource, sites: Site[], byName: Map<string, Site[]>): void {
  for (const site of sitesOf(resource)) {
    sites.push(site)
    for (const name of new Set([site.shape.name, site.element?.path ?? site.shape.name, ...badKindsOf(site)])) {
      const known = byName.get(name) ?? []
      byName.set(name, known)
      known.push(site)
    }
  }
}

const mutators: Readonly<Record<string, Mutator>> = { ...formMutators, ...primitiveMutators, ...meaningMutators }
const keys = Object.keys(brokenRules)

export const kinds = [...Object.keys(mutators), ...keys.map(key => `broken ${key}`)]

/** In turn one of form or meaning and one of the constraints, of which there are many more. */
export function kindAt(n: number): string {
  const others = Object.keys(mutators)
  const turn = n >> 1
  return n % 2 === 0 ? others[turn % others.length]! : `broken ${keys[turn % keys.length]}`
}

/** Where a kind applies to something special, it is looked for there at once. */
const special: Readonly<Record<string, string>> = {
  'bad narrative': 'Narrative',
  'value and extensions in an extension': 'Extension',
  'extension of nothing': 'Extension',
  'reference to nothing contained': 'Reference',
  'reference to another type': 'Reference',
  'text that is no reference': 'Reference',
  'known extension with a value of another type': 'Patient',
  'concept outside of the required value set': 'CodeableConcept',
}
/** Nothing if there is no place for it in all of the pool. */
export function mutant(kind: string, pool: Pool, random: Random): Mutant | undefined {
  const broken = brokenRules[kind.replace(/^broken /, '')]
  const rule = broken && random.pick(broken)
  const mutate = rule ? mutatorOf(rule, kind.slice('broken '.length)) : mutators[kind]
  const sites = rule ? pool.byName.get(rule.on) : (pool.byName.get(special[kind] ?? kind) ?? pool.sites)
  if (mutate === undefined || sites === undefined) return undefined
  for (let tries = 0; tries < mostTries; tries++) {
    const site = random.pick(sites)
    const change = mutate(site, random)
    if (change !== undefined) return mutantFrom(kind, site, change)
  }
  return undefined
}

function mutantFrom(kind: string, site: Site, { object, at, key }: Change): Mutant {
  return { kind, resource: put(site, object), at, ...(key === undefined ? {} : { key }) }
}

function mutatorOf({ drop = [], put = {}, step = '' }: Broken, key: string): Mutator {
  return ({ object, shape, expression, element }) => {
    if (put['contained'] !== undefined && element?.name === 'contained') return undefined // dom-2 comes first
    const dropped = [...shape.elements.values()]
      .filter(({ name, choice }) => drop.includes(choice ?? name))
      .flatMap(({ name }) => [name, `_${name}`])
    const twins = Object.keys(put).map(name => `_${name}`)
    const kept = Object.entries(object).filter(([name]) => !dropped.includes(name) && !twins.includes(name))
    const changed: JsonObject = { ...Object.fromEntries(kept), ...put }
    // ele-1 comes first: nothing is left of it.
    return Object.keys(changed).some(name => name !== 'id')
      ? { object: changed, at: step === '' ? expression : `${expression}.${step}`, key }
      : undefined
  }
}

/** Refused, with a finding at the very place, and by the rule that is broken. */
export function isFound({ at, key }: Mutant, issues: readonly Issue[]): boolean {
  return issues.some(
    issue =>
      isError(issue) &&
      issue.expression === at &&
      (key === undefined || issue.key === key || issue.diagnostics.includes(`(${key})`)),
  )
}
