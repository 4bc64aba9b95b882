/** Other texts for versions that stay what they are. */
import type { DatabaseSync } from 'node:sqlite'
import { isContained } from '../../search/contained.ts'
import type { Job } from './job.ts'
import type { openLeases } from './leases.ts'
import type { GrowingNames } from './names.ts'

export type RewordJob = Extract<Job, { do: 'reword' }>

export type RewordNeeds = {
  readonly tenants: GrowingNames
  readonly types: GrowingNames
  readonly leases: Pick<ReturnType<typeof openLeases>, 'holds'>
}

/** Inside the writer's open transaction. */
export function openReword(
  db: DatabaseSync,
  { tenants, types, leases }: RewordNeeds,
): (job: RewordJob) => number | undefined {
  const alone = db.prepare(
    `UPDATE version SET json = ? WHERE version = ? AND json = ?
     AND root = (SELECT root FROM resource WHERE tenant = ? AND type = ? AND id = ?)`,
  )
  const inside = db.prepare('UPDATE contained SET json = ? WHERE json = ? AND tenant = ? AND type = ? AND id = ?')
  return ({ tenant: name, items, fence, now }) => {
    if (!leases.holds(name, fence, now)) return undefined
    const tenant = tenants.key(name) ?? 0
    let count = 0
    db.exec('PRAGMA secure_delete = ON') // what was there is overwritten: it may have been a secret
    try {
      for (const { type, id, version, was, json } of items) {
        const key = [tenant, types.key(type) ?? 0, id] as const
        const { changes } = isContained(type) ? inside.run(json, was, ...key) : alone.run(json, version, was, ...key)
        count += Number(changes)
      }
    } finally {
      db.exec('PRAGMA secure_delete = OFF')
    }
    return count
  }
}
