/** Bundles of every kind, with entries as each of them has to have. https://hl7.org/fhir/R4/bundle.html */
import type { JsonObject, Resource } from '../../../src/fhir/resource.ts'
import type { Random } from '../../faults/random.ts'
import { moments } from './primitives.ts'

type Entry = (resource: Resource, fullUrl: string, random: Random) => JsonObject

const identified = { identifier: { system: 'http://example.org/bundles', value: 'b' }, timestamp: moments[0] ?? '' }
const response: JsonObject = { status: '200', etag: 'W/"1"', lastModified: moments[0] ?? '' }

const requested: Entry = (resource, fullUrl, random) => {
  const { resourceType: type, id } = resource
  return random.pick<JsonObject>([
    { fullUrl, resource, request: { method: 'PUT', url: `${type}/${id}` } },
    { fullUrl, resource, request: { method: 'POST', url: type } },
    { request: { method: 'DELETE', url: `${type}/${id}` } },
    { request: { method: 'GET', url: `${type}?name=x` } },
  ])
}
const responded: Entry = (resource, fullUrl) => ({ fullUrl, resource, response })
const plain: Entry = (resource, fullUrl) => ({ fullUrl, resource })

/** By the type of the Bundle; the first entry of some is of one resource type. */
const kinds: Readonly<Record<string, { readonly entry: Entry; readonly first?: string; readonly more?: JsonObject }>> =
  {
    collection: { entry: plain },
    document: { entry: plain, first: 'Composition', more: identified },
    message: { entry: plain, first: 'MessageHeader' },
    searchset: { entry: (resource, fullUrl) => ({ fullUrl, resource, search: { mode: 'match' } }), more: { total: 7 } },
    history: {
      entry: ({ resourceType, ...resource }, fullUrl) => ({
        fullUrl,
        resource: { resourceType, ...resource },
        request: { method: 'PUT', url: `${resourceType}/${resource.id}` },
        response,
      }),
      more: { total: 3 },
    },
    batch: { entry: requested },
    transaction: { entry: requested },
    'batch-response': { entry: responded },
    'transaction-response': { entry: responded },
  }

export function bundle(random: Random, make: (type: string) => Resource): Resource {
  const type = random.pick(Object.keys(kinds))
  const { entry, first, more = {} } = kinds[type]!
  const types = [first ?? 'Basic', ...Array.from({ length: random.below(3) }, () => random.pick(['Patient', 'Basic']))]
  const entries = types.map((name, index) => {
    const id = `b${index}`
    return entry({ ...make(name), id }, `http://example.org/fhir/${name}/${id}`, random)
  })
  const link = { relation: 'self', url: 'http://example.org/fhir/Patient' }
  return { resourceType: 'Bundle', type, ...more, link: [link], entry: entries }
}
