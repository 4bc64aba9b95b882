import type { DatabaseSync } from 'node:sqlite'
import type { Guard, Refused } from '../../port.ts'
import type { GrowingNames, Names } from '../names.ts'
import { openContained } from './contained.ts'
import { openDictionary } from './dictionary.ts'
import { openEntries, type RootOf } from './entries.ts'
import { holds, openSearch } from './search.ts'

const budget = 2_000 // ms; the same search was done before the commit, and others wait meanwhile

/** The writer's side of search: what it keeps of resources, and the guards that it judges by that. */
export function openIndex(db: DatabaseSync, tenants: Names, types: GrowingNames, rootOf: RootOf) {
  const dictionary = openDictionary(db)
  const apply = openEntries(db, dictionary, rootOf)
  const search = openSearch(db, tenants, types, () => undefined) // all is inside of a transaction
  return {
    apply,
    applyContained: openContained(db, types, apply),
    judge(tenant: string, guards: readonly Guard[]): Refused['because'] | undefined {
      const at = guards.findIndex(guard => !holds(search, tenant, guard, { budget }))
      return at < 0 ? undefined : { why: 'guard', at }
    },
    /** After a rollback: what was made did not last. */
    reset() {
      dictionary.reset()
      search.reset()
    },
  }
}
