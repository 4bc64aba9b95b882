/** Which resource of the same Bundle, transaction or resource a reference leads to. https://hl7.org/fhir/R4/bundle.html#references */
import { isObject, isResource, type Resource } from '../../fhir/resource.ts'
import type { Run } from './run.ts'

type Index = {
  readonly resources: ReadonlyMap<string, Resource>
  /** Of entries with a RESTful fullUrl: what relative references in them are relative to. */
  readonly bases: ReadonlyMap<Resource, string>
}

export function resolve(reference: string, run: Run): Resource | undefined {
  const here = resolveHere(reference, run)
  if (here !== undefined || reference.startsWith('#')) return here
  const there = run.options.targets.find(reference)
  return typeof there === 'string' ? undefined : there
}

export function resolveHere(reference: string, run: Run): Resource | undefined {
  if (!reference.startsWith('#')) return bundled(reference, run)
  return reference === '#' ? run.root : containedIn(run.root, reference.slice(1))
}

/** A Bundle is never changed, so its entries are looked through once. */
const indexes = new WeakMap<Resource, Index>()

export function bundled(reference: string, { bundle, root, options }: Run): Resource | undefined {
  return bundle === undefined ? options.beside?.(reference, root) : inBundle(reference, root, bundle)
}

/** `from`: the entry that refers; what is relative is so to its fullUrl. */
export function inBundle(reference: string, from: Resource, bundle: Resource): Resource | undefined {
  const { resources, bases } = indexOf(bundle)
  const [unversioned = reference] = reference.split('/_history/')
  if (/^[a-z][a-z0-9+.-]*:/i.test(unversioned)) return resources.get(unversioned)
  const base = bases.get(from)
  return base === undefined ? undefined : resources.get(`${base}/${unversioned}`)
}

function indexOf(bundle: Resource): Index {
  const known = indexes.get(bundle)
  if (known !== undefined) return known
  const entries = entriesOf(bundle)
  const index = {
    resources: new Map(entries),
    bases: new Map(entries.flatMap(([fullUrl, resource]) => baseOf(fullUrl).map(base => [resource, base] as const))),
  }
  indexes.set(bundle, index)
  return index
}

function entriesOf({ entry }: Resource): readonly (readonly [string, Resource])[] {
  return (Array.isArray(entry) ? entry : []).flatMap(item => {
    const { fullUrl, resource } = isObject(item) ? item : {}
    return typeof fullUrl === 'string' && isResource(resource) ? [[fullUrl, resource] as const] : []
  })
}

function baseOf(fullUrl: string): readonly string[] {
  return /^(https?:\/\/.+)\/[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.exec(fullUrl)?.slice(1) ?? []
}

const containers = new WeakMap<Resource, ReadonlyMap<string, Resource>>()

/** By the id that stands behind `#`. https://hl7.org/fhir/R4/references.html#contained */
export function containedIn(resource: Resource, id: string): Resource | undefined {
  const known = containers.get(resource) ?? new Map(containedOf(resource))
  containers.set(resource, known)
  return known.get(id)
}

function containedOf({ contained }: Resource): readonly (readonly [string, Resource])[] {
  return (Array.isArray(contained) ? contained : []).flatMap(item =>
    isResource(item) && typeof item.id === 'string' ? [[item.id, item] as const] : [],
  )
}
