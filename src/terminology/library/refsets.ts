/** Reference sets of a file. Rows that were taken back lie beside the others, under ~ the number of their reference set. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Memberships } from '../code-system.ts'
import { ConceptSet } from '../concept-set.ts'
import { prepareRows } from './open-file.ts'
import { unpackSet } from './packed-set.ts'

type Needs = {
  readonly size: number
  /** Kept, as long as there is room. */
  readonly set: (name: string, question: StatementSync, key: number) => ConceptSet
  /** Whether the file tells where rows come from. */
  readonly origins: boolean
  readonly lapsed?: boolean
}

export function openRefsets(db: DatabaseSync, { size, set, origins, lapsed = false }: Needs): Memberships {
  const key = (refset: number): number => (lapsed ? ~refset : refset)
  const members = prepareRows(db, 'SELECT concepts FROM refset WHERE n = ?')
  const all = prepareRows(db, `SELECT n FROM refset WHERE n ${lapsed ? '<' : '>='} 0`)
  const fields = prepareRows(db, 'SELECT fields FROM field WHERE refset = ? AND member = ?')
  const from = origins ? prepareRows(db, 'SELECT module, time, place, members FROM origin WHERE refset = ?') : undefined
  return {
    members: refset => set(`refset ${key(refset)}`, members, key(refset)),
    refsets: () =>
      ConceptSet.of(
        size,
        (all.all() as unknown as readonly (readonly [number])[]).map(([n]) => key(n)),
      ),
    fields(refset, member) {
      const row = fields.get(key(refset), member) as readonly [string] | undefined
      return row === undefined ? [] : JSON.parse(row[0])
    },
    origins:
      from &&
      (refset =>
        (from.all(key(refset)) as unknown as readonly (readonly [string, string, number, Uint8Array])[]).map(
          ([moduleId, effectiveTime, row, packed]) => ({
            ...{ moduleId, effectiveTime, row },
            members: unpackSet(packed, size),
          }),
        )),
  }
}
