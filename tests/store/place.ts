/** What the contract suite needs of an adapter's test, and the words its tests are written in. */
import type { Test } from 'tap'
import type { JsonObject } from '../../src/fhir/resource.ts'
import { draft } from '../../src/fhir/stamp.ts'
import type {
  Commit,
  Committed,
  Condition,
  Key,
  Outcome,
  Refused,
  Store,
  StoreNeeds,
  Version,
  Write,
} from '../../src/store/port.ts'

/** A fresh, empty store. The adapter's test closes and removes everything at the end of the suite. */
export type Place = {
  readonly store: Store
  /** ms; what the clock of all handles says. */
  now: number
  /** A further handle on the same data, as another process has it; `fault` acts on this handle alone. */
  again(fault?: StoreNeeds['fault']): Promise<Store>
  /** What is stored is longer than what was said. */
  readonly isSealed?: boolean
}

export type OpenPlace = (t: Test) => Promise<Place>

export type Put = Extract<Write, { do: 'put' }>

let tenants = 0

/** Everything that tests of one tenant say; each test has a tenant of its own, so that they share a store. */
export function openDesk(place: Place) {
  const tenant = `tenant-${++tenants}`
  const { store } = place
  const key = (id: string, type = 'Patient'): Key => ({ tenant, type, id })
  const put = (id: string, more: Partial<Put> & { body?: JsonObject; type?: string } = {}): Put => {
    const { body = {}, type = 'Patient', ...rest } = more
    return { do: 'put', key: key(id, type), method: 'PUT', draft: draft({ resourceType: type, ...body }, id), ...rest }
  }
  const remove = (id: string, when?: Condition, type?: string): Write => ({
    do: 'delete',
    key: key(id, type),
    ...(when === undefined ? {} : { when }),
  })
  const check = (id: string, when: Condition): Write => ({ do: 'check', key: key(id), when })
  const commit = (writes: readonly Write[], more: Partial<Commit> = {}): Promise<Outcome> =>
    store.commit({ tenant, writes, ...more })
  const done = async (writes: readonly Write[], more: Partial<Commit> = {}): Promise<Committed> =>
    committed(await commit(writes, more))
  const refused = async (writes: readonly Write[], more: Partial<Commit> = {}): Promise<Refused['because']> =>
    because(await commit(writes, more))
  /** The only version that a commit of one write makes. */
  const one = async (write: Write): Promise<Version> => made((await done([write])).versions[0])
  const end = (): Promise<number> => store.sequence(tenant)
  return { tenant, store, key, put, remove, check, commit, done, refused, one, end }
}

export type Desk = ReturnType<typeof openDesk>

export function committed(outcome: Outcome): Committed {
  if (!outcome.ok) throw new Error(`refused: ${JSON.stringify(outcome.because)}`)
  return outcome
}

export function because(outcome: Outcome): Refused['because'] {
  if (outcome.ok) throw new Error('committed, though it had to be refused')
  return outcome.because
}

export function made(version: Version | undefined): Version {
  if (!version) throw new Error('there is no version')
  return version
}

export async function collect<T>(source: AsyncIterable<T>, most = Number.POSITIVE_INFINITY): Promise<T[]> {
  const found: T[] = []
  for await (const item of source) {
    found.push(item)
    if (found.length === most) break
  }
  return found
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
