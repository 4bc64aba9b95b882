/** A Bundle without the resources of its entries, for where each of these is checked by itself. */
import { isObject, type JsonObject, type Resource } from '../fhir/resource.ts'

/** The same Bundle if its entries are not what they have to be. */
export function shellOf(bundle: Resource): Resource {
  const { entry } = bundle
  return Array.isArray(entry) && entry.every(isObject) ? { ...bundle, entry: entry.map(withoutResource) } : bundle
}

/** An entry that is nothing but its resource stays: without it, it would be empty, which is another fault than lacking a request. */
function withoutResource({ resource, ...rest }: JsonObject): JsonObject {
  return Object.keys(rest).length === 0 && resource !== undefined ? { resource } : rest
}
