/** A tenant as the store keeps it: whether it is in force, and how much it may have. */
import { fail } from '../../fhir/issue.ts'
import type { Note, Store } from '../../store/port.ts'

/** `erased`: nothing of it is there, but its name, which nobody gets again. */
export type Standing = 'open' | 'locked' | 'erasing' | 'erased'

/** Absent: any number. */
export type Quota = {
  /** Present ones. */
  readonly resources?: number
  /** Of the JSON of all versions. */
  readonly bytes?: number
  /** Requests a second, and how many at once: `100:500`. */
  readonly rate?: string
}

export type Tenant = {
  readonly name: string
  readonly is: Standing
  /** ms; since when. */
  readonly since: number
  /** Links must lead to what is there. Decided when the tenant is made: links of what was stored without it are not known. */
  readonly integrity: boolean
  readonly quota: Quota
}

/** As labels of DNS are; `default` is the tenant at `/fhir`. */
export const tenantName = '^(?!default$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$'
const isName = new RegExp(tenantName)
const isRate = /^(?=[\d.]*[1-9])\d{1,6}(?:\.\d{1,3})?:[1-9]\d{0,6}$/

/** What belongs to no tenant is kept under a name that none can have. */
export const everybody = '*'
const kind = 'tenant'

type Notes = Pick<Store, 'note' | 'notes' | 'keepNote'>

/** All that were ever made or changed. */
export async function listTenants(store: Pick<Store, 'notes'>): Promise<readonly Tenant[]> {
  const all: Tenant[] = []
  for (let after = ''; ; ) {
    const notes = await store.notes({ tenant: everybody, kind, after, limit: page })
    all.push(...notes.map(tenantOf))
    const last = notes.at(-1)
    if (last === undefined || notes.length < page) return all
    after = last.id
  }
}

const page = 1_000

export type Wanted = Pick<Tenant, 'name' | 'integrity' | 'quota'>

/** Throws if there is one of this name, or was. */
export async function addTenant(store: Notes, wanted: Wanted, now: number): Promise<Tenant> {
  mustBeName(wanted.name)
  mustBeQuota(wanted.quota)
  const tenant: Tenant = { ...wanted, is: 'open', since: now }
  const kept = await store.keepNote(noteOf(tenant, 0))
  if (kept !== undefined) return tenant
  const before = await store.note({ tenant: everybody, kind, id: wanted.name })
  const { is, since } = before ? tenantOf(before) : tenant
  throw fail('duplicate', is === 'erased' ? usedUp(wanted.name, since) : `there is a tenant '${wanted.name}' already`)
}

function usedUp(name: string, since: number): string {
  const day = new Date(since).toISOString().slice(0, 10)
  return `'${name}' was erased on ${day}, and no name is given twice: old links, tokens and backups would meet another's data`
}

/** `otherwise`: as it is where nothing is kept of it; `undefined`: it is not there. May call `change` again. */
export async function changeTenant(
  store: Notes,
  name: string,
  otherwise: Tenant | undefined,
  change: (tenant: Tenant) => Tenant,
): Promise<Tenant> {
  const note = await store.note({ tenant: everybody, kind, id: name })
  const before = note ? tenantOf(note) : otherwise
  if (!before || before.is === 'erased') throw fail('not-found', `there is no tenant '${name}'`)
  const changed = change(before)
  mustBeQuota(changed.quota)
  const revision = await store.keepNote(noteOf(changed, note?.revision ?? 0))
  return revision === undefined ? changeTenant(store, name, otherwise, change) : changed
}

function mustBeName(name: string): void {
  if (isName.test(name)) return
  throw fail('value', `'${name}' is no name of a tenant: expected a-z, 0-9 and - within, at most 63, and not 'default'`)
}

function mustBeQuota({ resources = 0, bytes = 0, rate }: Quota): void {
  for (const [what, number] of Object.entries({ resources, bytes })) {
    if (!Number.isSafeInteger(number) || number < 0) throw fail('value', `'${number}' is no number of ${what}`)
  }
  if (rate !== undefined && !isRate.test(rate)) {
    throw fail('value', `'${rate}' is no rate: expected requests a second and at once, like 100:500`)
  }
}

function tenantOf({ text }: Pick<Note, 'text'>): Tenant {
  return JSON.parse(text)
}

function noteOf(tenant: Tenant, revision: number): Note {
  return { tenant: everybody, kind, id: tenant.name, text: JSON.stringify(tenant), tags: [], revision }
}
