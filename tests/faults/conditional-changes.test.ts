/** Conditional deletes and patches, in short; see conditional-changes.ts for what it proves and how its controls work. */
import t from 'tap'
import { conditionalChangeTests } from './conditional-changes.ts'

t.setTimeout(240_000)
await conditionalChangeTests(t, { SQLite: 15, MongoDB: 10 })
