/** Contained resources in the database. https://hl7.org/fhir/R4/search.html#contained */
import type { DatabaseSync } from 'node:sqlite'
import { bornWithin, containedId, containedType, mostWithin } from '../../../search/contained.ts'
import type { Place } from '../../../search/node.ts'
import type { Key } from '../../port.ts'
import type { PackedContained } from '../job.ts'
import type { GrowingNames } from '../names.ts'
import type { Owner, openEntries } from './entries.ts'
import { raw, type Sql, sql } from './sql.ts'

/** Roots of resources are below; so those of what they contain are exact as long as there are fewer than 2^36 versions. */
const first = 2 ** 52

/** So that `born` follows from the root: (root - first) / mostWithin. */
export function rootWithin(container: number, index: number): number {
  return first + bornWithin(container, index) * mostWithin
}

/** The container's root; both are whole numbers, so the division is without rest. */
export function containerOf(root: Sql): Sql {
  return sql`((${root} - ${raw(`${first + 1}`)}) / ${raw(`${mostWithin}`)} + 1)`
}

/** A place as clients know it, from one that ends in a root; and back. */
export function shownPlace(place: Place): Place {
  return place.with(-1, (Number(place.at(-1)) - first) / mostWithin)
}

export function rootPlace(place: Place): Place {
  return place.with(-1, first + Number(place.at(-1)) * mostWithin)
}

type Held = { readonly root: number; readonly type: number }

/** The rows of what a resource contains; those of its former version make way. */
export function openContained(db: DatabaseSync, types: GrowingNames, applyEntries: ReturnType<typeof openEntries>) {
  const select = db.prepare('SELECT root, type FROM contained WHERE root BETWEEN ? AND ?')
  const drop = db.prepare('DELETE FROM contained WHERE root BETWEEN ? AND ?')
  const add = db.prepare('INSERT INTO contained (root, tenant, type, id, json) VALUES (?, ?, ?, ?, ?)')

  function forget(owner: Owner): ReadonlyMap<number, number> {
    const bounds = [rootWithin(owner.root, 0), rootWithin(owner.root, mostWithin - 1)] as const
    const held = select.all(...bounds) as unknown as readonly Held[]
    if (held.length > 0) drop.run(...bounds)
    return new Map(held.map(({ root, type }) => [root, type]))
  }

  /** `again`: the resource stood before. */
  return function apply(owner: Owner, key: Key, inner: readonly PackedContained[], again: boolean): void {
    const former = again ? forget(owner) : new Map<number, number>()
    const { tenant } = owner
    const rows = inner.map(({ type, ...row }, index) => {
      return { ...row, type: types.ensure(containedType(type)), root: rootWithin(owner.root, index) }
    })
    const kept = new Set(rows.filter(({ root, type }) => former.get(root) === type).map(({ root }) => root))
    for (const [root, type] of former) if (!kept.has(root)) applyEntries({ tenant, type, root }, null, true)
    for (const { root, type, id, json, packed } of rows) {
      add.run(root, tenant, type, containedId(key, id), json)
      applyEntries({ tenant, type, root }, packed, kept.has(root))
    }
  }
}
