/** Other entries for resources that stay as they are. */
import type { DatabaseSync } from 'node:sqlite'
import { isContained } from '../../search/contained.ts'
import type { Job } from './job.ts'
import type { openLeases } from './leases.ts'
import type { GrowingNames } from './names.ts'
import type { openResources } from './resources.ts'
import type { openEntries } from './search/entries.ts'

export type ReindexJob = Extract<Job, { do: 'reindex' }>

export type ReindexNeeds = {
  readonly tenants: GrowingNames
  readonly types: GrowingNames
  readonly leases: Pick<ReturnType<typeof openLeases>, 'holds'>
  readonly resources: Pick<ReturnType<typeof openResources>, 'find'>
  readonly rootInside: ReturnType<typeof openRootInside>
  readonly apply: ReturnType<typeof openEntries>
}

/** Inside the writer's open transaction. Whoever wrote a resource meanwhile has brought its entries himself. */
export function reindex(needs: ReindexNeeds, { tenant: name, items, fence, now }: ReindexJob): number | undefined {
  const { tenants, types, leases, resources, rootInside, apply } = needs
  if (!leases.holds(name, fence, now)) return undefined
  const tenant = tenants.key(name) ?? 0
  let count = 0
  for (const [type, id, version, packed] of items) {
    const container = isContained(type) ? containerOf(id) : { type, id }
    const standing = resources.find(tenant, container.type, container.id)
    if (standing?.version !== version || standing.deleted === 1) continue
    const root = isContained(type) ? rootInside(tenant, types.key(type) ?? 0, id) : standing.root
    if (root === undefined) continue
    apply({ tenant, type: types.ensure(type), root }, packed, true)
    count++
  }
  return count
}

export function openRootInside(db: DatabaseSync): (tenant: number, type: number, id: string) => number | undefined {
  const select = db.prepare('SELECT root FROM contained WHERE tenant = ? AND type = ? AND id = ?')
  return (tenant, type, id) => select.get(tenant, type, id)?.['root'] as number | undefined
}

/** `MedicationRequest/23#m1` */
function containerOf(id: string): { readonly type: string; readonly id: string } {
  const [type = '', rest = ''] = id.split('/')
  return { type, id: rest.slice(0, rest.indexOf('#')) }
}
