/** 32 writers with the same If-Match, in short; see race.ts for what it proves and how its negative control works. */
import t from 'tap'
import { raceTests } from './race.ts'

await raceTests(t, { SQLite: 20, MongoDB: 20 })
