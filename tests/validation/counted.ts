/** A resource that counts how often something of it is read: what a check costs, whatever the machine is doing. */
import type { Resource } from '../../src/fhir/resource.ts'

export type Counted = { readonly resource: Resource; readonly reads: () => number }

export function counted(resource: Resource): Counted {
  let reads = 0
  const known = new WeakMap<object, object>()
  const wrap = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const wrapped = known.get(value) ?? new Proxy(value, handler)
    known.set(value, wrapped)
    return wrapped
  }
  const handler: ProxyHandler<object> = {
    get(target, name, receiver) {
      reads += 1
      return wrap(Reflect.get(target, name, receiver))
    },
    ownKeys(target) {
      const keys = Reflect.ownKeys(target)
      reads += keys.length
      return keys
    },
  }
  return { resource: wrap(resource) as Resource, reads: () => reads }
}
