/** kill -9 while a parameter is indexed, in short; see reindex.ts for what it proves. */
import t from 'tap'
import { reindexTests } from './reindex.ts'

await reindexTests(t, { SQLite: { resources: 3_000, kills: 2 }, MongoDB: { resources: 400, kills: 1 } })
