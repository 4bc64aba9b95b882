/** The store for production: a MongoDB replica set or sharded cluster. */
import type { Commit, Outcome, Store, StoreNeeds } from '../port.ts'
import { changes, openBell, openChanges } from './changes.ts'
import { openForget, openGeneration } from './claims.ts'
import { checkCommit, settle, tooLarge } from './commit.ts'
import { connect, databaseOf } from './connection.ts'
import { openErase } from './erase.ts'
import { openSteps } from './errors.ts'
import { openHistory } from './history.ts'
import { openLeases } from './leases.ts'
import { openMeasure } from './measure.ts'
import { migrate, requireLatest } from './migrations.ts'
import { openNotes } from './notes.ts'
import { openQueue } from './queue.ts'
import { openReads } from './read.ts'
import { openReceipts } from './receipts.ts'
import { openReindex } from './reindex.ts'
import { openReword } from './reword.ts'
import { openScan, scan } from './scan.ts'
import { openCollections } from './schema.ts'
import { openSearch } from './search/search.ts'
import { openSecrets } from './secrets.ts'
import { openSequences } from './sequence.ts'
import { openTypes } from './types.ts'

export type MongoNeeds = StoreNeeds & {
  readonly url: string
  /** Instead of the one that the URL names. */
  readonly database?: string
}

export async function openMongo(needs: MongoNeeds): Promise<Store> {
  const { clock, random, url, database = databaseOf(url) } = needs
  const step = openSteps(needs.fault)
  const client = await step('open', connect)(url)
  const db = client.db(database)
  const collections = openCollections(db)
  const types = await step('open', async () => {
    await migrate(db, needs)
    return openTypes(db, collections)
  })()

  const sequences = openSequences(client, collections, clock)
  const reads = openReads(collections)
  const leases = openLeases(collections, clock)
  const { history, countHistory } = openHistory(collections, reads)
  const searches = openSearch(collections, sequences.whole)
  const bell = openBell()
  const readScan = step('scan', openScan(collections))
  const readChanges = step('changes', openChanges(collections, sequences, reads))
  const groups = { ...needs, client, collections, types, sequences, reads, searches }
  const queue = openQueue(async (tenant, entries) => {
    await settle(groups, tenant, entries)
    bell.ring(tenant)
  }, clock)

  async function commit(it: Commit): Promise<Outcome> {
    checkCommit(it)
    return tooLarge(it) ?? queue.ask(it)
  }

  async function close(): Promise<void> {
    await queue.close()
    await sequences.close()
    await client.close()
  }

  return {
    read: step('read', reads.read),
    readAll: step('readAll', reads.readAll),
    vread: step('vread', reads.vread),
    history: step('history', history),
    countHistory: step('countHistory', countHistory),
    search: step('search', searches.search),
    count: step('count', searches.count),
    explain: step('explain', searches.explain),
    types: step('types', types.types),
    commit: step('commit', commit),
    reindex: step('reindex', openReindex({ ...needs, client, collections })),
    reword: step('reword', openReword({ ...needs, client, collections })),
    sequence: step('sequence', sequences.whole),
    ends: step('ends', sequences.ends),
    latest: step('latest', sequences.latest),
    changes: (tenant, after, signal) => changes(tenant, after, signal, readChanges, bell),
    scan: query => scan(query, readScan),
    measure: step('measure', openMeasure(collections)),
    erase: openErase(collections),
    async *tidy() {}, // entries lie with their resource
    generation: step('generation', openGeneration(collections)),
    receipt: step('receipt', openReceipts(collections, reads)),
    ...noteSteps(step, openNotes(collections, clock)),
    forget: step('forget', openForget(collections)),
    acquire: step('acquire', leases.acquire),
    renew: step('renew', leases.renew),
    release: step('release', leases.release),
    secret: step('secret', openSecrets(collections, random)),
    ready: step('ready', () => requireLatest(db)),
    close,
  }
}

type Steps = ReturnType<typeof openSteps>
type Notes = ReturnType<typeof openNotes>

function noteSteps(step: Steps, { note, notes, noted, keepNote, dropNote, dropNotes }: Notes): Notes {
  return {
    note: step('note', note),
    notes: step('notes', notes),
    noted: step('noted', noted),
    keepNote: step('keepNote', keepNote),
    dropNote: step('dropNote', dropNote),
    dropNotes: step('dropNotes', dropNotes),
  }
}
