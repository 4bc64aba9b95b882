/** 32 clients with the same criteria, in short; see conditional.ts for what it proves and how its negative control works. */
import t from 'tap'
import { conditionalTests } from './conditional.ts'

t.setTimeout(240_000)
await conditionalTests(t, { SQLite: 10, MongoDB: 10 })
