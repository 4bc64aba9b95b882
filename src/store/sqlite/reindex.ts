/** Other entries for resources that stay as they are. */
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
  readonly apply: ReturnType<typeof openEntries>
}

/** Inside the writer's open transaction. Whoever wrote a resource meanwhile has brought its entries himself. */
export function reindex(needs: ReindexNeeds, { tenant: name, items, fence, now }: ReindexJob): number | undefined {
  const { tenants, types, leases, resources, apply } = needs
  if (!leases.holds(name, fence, now)) return undefined
  const tenant = tenants.key(name) ?? 0
  let count = 0
  for (const [type, id, version, packed] of items) {
    const standing = resources.find(tenant, type, id)
    if (standing?.version !== version || standing.deleted === 1) continue
    apply({ tenant, type: types.ensure(type), root: standing.root }, packed, true)
    count++
  }
  return count
}
