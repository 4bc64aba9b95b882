/** Pages while others write, in short; see paging.ts for what it proves and how its negative control works. */
import t from 'tap'
import { pagingTests } from './paging.ts'

t.setTimeout(240_000)
await pagingTests(t, { SQLite: 1_000, MongoDB: 1_000 })
