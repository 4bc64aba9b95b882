/**
 * The record of a package in a tenant: an ImplementationGuide, which is what a package is in FHIR's own words. It lists what
 * was stored, and its tag is the switch: what a package brought is in force only while its record says `installed`.
 * https://hl7.org/fhir/R4/implementationguide.html
 */
import { isObject, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Contents } from './contents.ts'
import { packagedId, sourceOf } from './packaged.ts'
import type { Name } from './version.ts'

/** `loading` is written before the first resource and `removing` before the first deletion: whoever was stopped can go on. */
export type State = 'loading' | 'installed' | 'removing'

export type PackageRecord = Name & {
  /** Of the ImplementationGuide. */
  readonly id: string
  readonly state: State
  readonly digest: string
  /** Exact versions; without the core. */
  readonly dependencies: readonly Name[]
  readonly resources: readonly Listed[]
  /** Those that were asked for; some of them may not be there yet. */
  readonly examples: readonly Listed[]
}

export type Listed = { readonly type: string; readonly id: string }

const stateSystem = 'urn:kiln:package-state'
const digestSystem = 'urn:kiln:package-digest'

/** A name that no resource of a package can have: ids of a guide are not empty. */
export function recordId(name: Name): string {
  return packagedId(name, '')
}

/** The package's own guide with our list in place of its own, or one made for it. `examples`: those that may be there already. */
export function printRecord(
  { manifest, guide, items, digest }: Contents,
  dependencies: readonly Name[],
  state: State,
  examples: readonly Listed[] = [],
): Resource {
  const { name, version, title, description, canonical } = manifest
  const made = {
    url: `${canonical ?? `http://fhir.org/packages/${name}`}/ImplementationGuide/${name}`,
    version,
    name: camel(name),
    ...(title === undefined ? {} : { title }),
    status: 'active',
    ...(description === undefined ? {} : { description }),
  }
  const meta = guide?.meta ?? {}
  const depends = dependencies.map(one => ({
    uri: `http://fhir.org/packages/${one.name}/ImplementationGuide/${one.name}`,
    packageId: one.name,
    version: one.version,
  }))
  const resources = [
    ...items.map(({ type, id }) => listed({ type, id: packagedId(manifest, id) })),
    ...examples.map(listedExample),
  ]
  return {
    resourceType: 'ImplementationGuide',
    id: recordId(manifest),
    meta: { ...(meta as JsonObject), source: sourceOf(manifest), tag: tags(meta, state, digest) },
    ...made,
    ...Object.fromEntries(Object.entries(guide ?? {}).filter(([member]) => !replaced.has(member))),
    packageId: name,
    version,
    fhirVersion: ['4.0.1'],
    ...(depends.length === 0 ? {} : { dependsOn: depends }),
    ...(resources.length === 0 ? {} : { definition: { resource: resources } }),
  }
}

function listed({ type, id }: Listed): JsonObject {
  return { reference: { reference: `${type}/${id}` } }
}

function listedExample(it: Listed): JsonObject {
  return { ...listed(it), exampleBoolean: true }
}

/** The same record with these examples beside those that it lists. */
export function withExamples(guide: Resource, examples: readonly Listed[]): Resource {
  const { definition } = guide
  const known = new Set(listOf(definition).map(({ type, id }) => `${type}/${id}`))
  const fresh = examples.filter(({ type, id }) => !known.has(`${type}/${id}`))
  if (fresh.length === 0) return guide
  const resource = [...list(definition, 'resource'), ...fresh.map(listedExample)]
  return { ...guide, definition: { ...(definition as JsonObject | undefined), resource } }
}

/** Of the package's guide: what would tell of another id, or refer to ids that are others here. */
const replaced: ReadonlySet<string> = new Set(
  'resourceType id meta text contained definition manifest dependsOn'.split(' '),
)

function tags(meta: Json, state: State, digest: string): readonly Json[] {
  const kept = list(meta, 'tag').filter(tag => !isObject(tag) || !ours.includes(tag['system'] ?? null))
  return [...kept, { system: stateSystem, code: state }, { system: digestSystem, code: digest }]
}

const ours: readonly Json[] = [stateSystem, digestSystem]

/** `undefined`: an ImplementationGuide like any other. */
export function parseRecord(guide: Resource): PackageRecord | undefined {
  const state = tagOf(guide, stateSystem)
  const { id, packageId, version } = guide
  if (state !== 'loading' && state !== 'installed' && state !== 'removing') return undefined
  if (id === undefined || typeof packageId !== 'string' || typeof version !== 'string') return undefined
  if (id !== recordId({ name: packageId, version })) return undefined // a copy of a record is none
  return {
    name: packageId,
    version,
    id,
    state,
    digest: tagOf(guide, digestSystem) ?? '',
    dependencies: list(guide, 'dependsOn').flatMap(one => {
      const name = isObject(one) ? one['packageId'] : undefined
      const wanted = isObject(one) ? one['version'] : undefined
      return typeof name === 'string' && typeof wanted === 'string' ? [{ name, version: wanted }] : []
    }),
    resources: listOf(guide['definition']).filter(({ isExample }) => !isExample),
    examples: listOf(guide['definition']).filter(({ isExample }) => isExample),
  }
}

function listOf(definition: Json | undefined): readonly (Listed & { readonly isExample: boolean })[] {
  return list(definition, 'resource').flatMap(one => {
    if (!isObject(one) || !isObject(one['reference'])) return []
    const { reference } = one['reference']
    const [type, id, ...rest] = typeof reference === 'string' ? reference.split('/') : []
    if (type === undefined || id === undefined || rest.length > 0) return []
    return [{ type, id, isExample: one['exampleBoolean'] === true }]
  })
}

/** The same record in another state. */
export function inState(guide: Resource, state: State): Resource {
  const { meta = {} } = guide
  return { ...guide, meta: { ...meta, tag: tags(meta, state, tagOf(guide, digestSystem) ?? '') } }
}

/**
 * Whether a stored definition counts, for those who gather the definitions of a tenant: what came with a package counts from
 * the moment that its record says `installed`, all of it at once; `installed` holds the sources of such records.
 */
export function isInForce({ meta }: Pick<Resource, 'meta'>, installed: ReadonlySet<string>): boolean {
  const source = meta?.['source']
  return typeof source !== 'string' || !source.startsWith('package:') || installed.has(source)
}

function tagOf({ meta }: Resource, system: string): string | undefined {
  for (const tag of list(meta, 'tag')) {
    if (isObject(tag) && tag['system'] === system && typeof tag['code'] === 'string') return tag['code']
  }
  return undefined
}

function list(of: Json | undefined, name: string): readonly Json[] {
  const value = isObject(of) ? of[name] : undefined
  return Array.isArray(value) ? value : []
}

/** "Name should be usable as an identifier … by machine processing applications". */
function camel(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).map(word => word.slice(0, 1).toUpperCase() + word.slice(1))
  return words.join('').replace(/^(?![A-Z])/, 'P')
}
