/** `npm run faults`: the tests of this folder with numbers that take about half an hour. */
import t from 'tap'
import { conditionalTests } from './conditional.ts'
import { conditionalChangeTests } from './conditional-changes.ts'
import { disconnectTests } from './disconnect.ts'
import { failingCallTests } from './failing-call.ts'
import { killTests } from './kill.ts'
import { pagingTests } from './paging.ts'
import { raceTests } from './race.ts'
import { reindexTests } from './reindex.ts'

t.setTimeout(0) // takes as long as it takes

const killed = Array.from({ length: 10 }, () => 5)
await t.test('kill -9', t => killTests(t, { SQLite: killed, MongoDB: [5, 5] }))
await t.test('kill -9 while indexing', t =>
  reindexTests(t, { SQLite: { resources: 50_000, kills: 10 }, MongoDB: { resources: 10_000, kills: 5 } }),
)
await t.test('races', t => raceTests(t, { SQLite: 1_000, MongoDB: 1_000 }))
await t.test('conditional interactions', t => conditionalTests(t, { SQLite: 1_000, MongoDB: 1_000 }))
await t.test('conditional changes', t => conditionalChangeTests(t, { SQLite: 1_000, MongoDB: 250 }))
await t.test('pages', t => pagingTests(t, { SQLite: 10_000, MongoDB: 10_000 }))
await t.test('lost connections', t => disconnectTests(t, { SQLite: 50, MongoDB: 25 }))
await t.test('failing calls', t => failingCallTests(t, { blocks: 5, stride: 1 }))
