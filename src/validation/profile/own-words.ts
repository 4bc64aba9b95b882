/**
 * Constraints of R4 that are asked in words of our own: with the same answer, but for what is said of it, and much faster where all
 * entries of a large Bundle are looked through in one go. https://hl7.org/fhir/R4/bundle.html#invs
 */
import { isObject, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Invariant } from '../invariant.ts'
import { containedIn } from './inside.ts'

/** By key. */
export const ownWords: ReadonlyMap<string, Invariant> = new Map<string, Invariant>([
  /**
   * R4's ref-1 forgets that `#` alone is the containing resource (https://hl7.org/fhir/R4/references.html#contained). Each reference
   * would look through all contained resources, which takes square time.
   */
  [
    'ref-1',
    (focus, _twin, { resource, rootResource: root = resource }) => {
      const reference = isObject(focus) ? focus['reference'] : undefined
      const isInside = typeof reference === 'string' && reference.startsWith('#') && reference !== '#'
      return !isInside || containedIn(root as Resource, reference.slice(1)) !== undefined
    },
  ],
  ['bdl-2', bundle => typeIn(bundle, ['searchset']) || entriesOf(bundle).every(entry => !has(entry, 'search'))],
  ['bdl-3', bundle => allOrNone(bundle, 'request', ['batch', 'transaction', 'history'])],
  ['bdl-4', bundle => allOrNone(bundle, 'response', ['batch-response', 'transaction-response', 'history'])],
  ['bdl-7', bundle => typeIn(bundle, ['history']) || areDistinct(entriesOf(bundle))],
])

function typeIn(bundle: Json | undefined, types: readonly string[]): boolean {
  const type = isObject(bundle) ? bundle['type'] : undefined
  return typeof type === 'string' && types.includes(type)
}

function entriesOf(bundle: Json | undefined): readonly JsonObject[] {
  const entry = isObject(bundle) ? bundle['entry'] : undefined
  return Array.isArray(entry) ? entry.filter(isObject) : []
}

function has(entry: JsonObject, name: string): boolean {
  return isObject(entry[name])
}

function allOrNone(bundle: Json | undefined, name: string, types: readonly string[]): boolean {
  const isExpected = typeIn(bundle, types)
  return entriesOf(bundle).every(entry => has(entry, name) === isExpected)
}

/** "FullUrl must be unique in a bundle, or else entries with same fullUrl must have different meta.versionId". */
function areDistinct(entries: readonly JsonObject[]): boolean {
  const known = new Set<string>()
  let count = 0
  for (const { fullUrl, _fullUrl, resource } of entries) {
    if (fullUrl === undefined && _fullUrl === undefined) continue
    const meta = isObject(resource) ? resource['meta'] : undefined
    const versionId = isObject(meta) ? meta['versionId'] : undefined
    known.add(textOf(fullUrl) + textOf(versionId))
    count++
  }
  return known.size === count
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
