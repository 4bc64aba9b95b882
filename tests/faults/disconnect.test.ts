/** Lost connections and timeouts, in short; see disconnect.ts for what it proves and how its negative control works. */
import t from 'tap'
import { disconnectTests } from './disconnect.ts'

await disconnectTests(t, { SQLite: 3, MongoDB: 2 })
