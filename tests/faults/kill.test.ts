/** kill -9, in short; see kill.ts for what it proves and how its negative controls work. */
import t from 'tap'
import { killTests } from './kill.ts'

await killTests(t, { SQLite: [3], MongoDB: [1] })
