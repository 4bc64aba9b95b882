/** The embedded store: one file of SQLite in WAL mode, read on the main thread, written by a thread of its own. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Commit,
  type Fence,
  type Outcome,
  type Reindexed,
  type Store,
  type StoreNeeds,
  StoreUnavailable,
} from '../port.ts'
import { changes, openBell, openChanges } from './changes.ts'
import { openGeneration } from './claims.ts'
import { code, codeOf, openReading, openWriting, type Synchronous } from './connection.ts'
import { erased } from './erase.ts'
import { openHistory } from './history.ts'
import { commitSteps, type Job, type PackedItem } from './job.ts'
import { openMeasure } from './measure.ts'
import { latest, type Migrated, migrate, versionOf } from './migrations.ts'
import { openNames } from './names.ts'
import { openNoteReader } from './notes.ts'
import { checkCommit, toCommitted, tooLarge } from './outcome.ts'
import { commitJob } from './parts.ts'
import { openQueue } from './queue.ts'
import { openReads } from './read.ts'
import { openReaders } from './readers.ts'
import { openReceiptReader } from './receipts.ts'
import { openScan, scan } from './scan.ts'
import { pack } from './search/pack.ts'
import { openSearch } from './search/search.ts'
import { openSecretReader } from './secrets.ts'
import { openSnapshot } from './snapshot.ts'
import { failing, openPromptSteps, openSteps } from './step.ts'
import { tidied } from './tidy.ts'
import { openTypes } from './types.ts'

export type SqliteNeeds = StoreNeeds & {
  /** A folder; made if it is not there. */
  readonly path: string
  readonly synchronous?: Synchronous
}

export async function openSqlite(needs: SqliteNeeds): Promise<Store> {
  const { clock, random, observe, fault, path, synchronous = 'FULL' } = needs
  const step = openSteps(fault)
  const file = join(path, 'kiln.db')
  await step('open', () => prepare(file, needs))()

  const db = openReading(file)
  const tenants = openNames(db, 'tenant')
  const types = openNames(db, 'type')
  const snapshot = openSnapshot(db)
  const reads = openReads(db, tenants, types, snapshot)
  const generation = openGeneration(db)
  const receipt = openReceiptReader(db, types)
  const secret = openSecretReader(db)
  const { history, countHistory } = openHistory(db, tenants, types)
  const readers = openReaders(openSearch(db, tenants, types, snapshot), { file, observe })
  const bell = openBell(db)
  const queue = openQueue({ file, synchronous, clock, observe, onDone: jobs => bell.ring(() => tenantsOf(jobs)) })
  const readScan = step('scan', openScan(db, tenants, types))
  const readChanges = step('changes', openChanges(db, tenants, types))

  async function commit(commit: Commit): Promise<Outcome> {
    checkCommit(commit)
    const fail = fault && (await failing(fault, commitSteps))
    const result = tooLarge(commit) ?? (await queue.ask(commitJob(commit, { now: clock(), fail })))
    return result.ok ? toCommitted(commit, result) : result
  }

  async function forget(tenant: string, before: number): Promise<void> {
    while ((await queue.ask({ do: 'forget', tenant, before })) > 0);
  }

  function ready(): Promise<void> {
    if (versionOf(db) !== latest) throw new StoreUnavailable('the store was migrated by another Kiln; restart this one')
    return queue.ask({ do: 'ping' })
  }

  /** The writer comes last: a connection that only reads cannot clear the log away. */
  function close(): Promise<void> {
    return queue.close(async () => {
      await readers.close()
      db.close()
      bell.close()
    })
  }

  return {
    read: step('read', reads.read),
    readAll: step('readAll', reads.readAll),
    vread: step('vread', reads.vread),
    history: step('history', history),
    countHistory: step('countHistory', countHistory),
    search: step('search', readers.search),
    count: step('count', readers.count),
    explain: step('explain', readers.explain),
    types: step('types', openTypes(db, tenants)),
    commit: step('commit', commit),
    reindex: step('reindex', (tenant, items, fence) => queue.ask(reindexJob(tenant, items, fence, clock()))),
    reword: step('reword', (tenant, items, fence) => queue.ask({ do: 'reword', tenant, items, fence, now: clock() })),
    ...placeSteps(step, reads),
    latest: openPromptSteps(fault)('latest', reads.latest),
    changes: (tenant, after, signal) => changes(tenant, after, signal, readChanges, bell),
    scan: query => scan(query, readScan),
    measure: step('measure', openMeasure(db, tenants, types)),
    ...pieces(queue),
    generation: step('generation', (tenant, claim) => generation(tenants.key(tenant) ?? 0, claim)),
    receipt: step('receipt', (name, key) => receipt({ key: tenants.key(name) ?? 0, name }, key)),
    ...noteSteps(step, openNoteReader(db, tenants), queue, clock),
    forget: step('forget', forget),
    ...leaseSteps(step, queue, clock),
    secret: step('secret', name => secret(name) ?? queue.ask({ do: 'secret', name, fresh: random(32) })),
    ready: step('ready', ready),
    close,
  }
}

type Queue = Pick<ReturnType<typeof openQueue>, 'ask'>

function pieces(queue: Queue): Pick<Store, 'erase' | 'tidy'> {
  return {
    erase: tenant => erased(() => queue.ask({ do: 'erase', tenant })),
    tidy: tenant => tidied(after => queue.ask({ do: 'tidy', tenant, after })),
  }
}

function placeSteps(
  step: ReturnType<typeof openSteps>,
  { sequence, ends }: ReturnType<typeof openReads>,
): Pick<Store, 'sequence' | 'ends'> {
  return { sequence: step('sequence', sequence), ends: step('ends', ends) }
}

function leaseSteps(
  step: ReturnType<typeof openSteps>,
  queue: Queue,
  clock: () => number,
): Pick<Store, 'acquire' | 'renew' | 'release'> {
  return {
    acquire: step('acquire', (tenant, name, owner, ms) =>
      queue.ask({ do: 'acquire', tenant, name, owner, ms, now: clock() }),
    ),
    renew: step('renew', (tenant, lease, ms) => queue.ask({ do: 'renew', tenant, lease, ms, now: clock() })),
    release: step('release', (tenant, lease) => queue.ask({ do: 'release', tenant, lease })),
  }
}

function noteSteps(
  step: ReturnType<typeof openSteps>,
  notes: ReturnType<typeof openNoteReader>,
  queue: Queue,
  clock: () => number,
): Pick<Store, 'note' | 'notes' | 'noted' | 'keepNote' | 'dropNote' | 'dropNotes'> {
  return {
    note: step('note', key => notes.one(key, clock())),
    notes: step('notes', query => notes.some(query, clock())),
    noted: step('noted', notes.noted),
    keepNote: step('keepNote', note => queue.ask({ do: 'keepNote', note, now: clock() })),
    dropNote: step('dropNote', (key, revision) => queue.ask({ do: 'dropNote', key, revision, now: clock() })),
    dropNotes: step('dropNotes', (tenant, kind, tag) => queue.ask({ do: 'dropNotes', tenant, kind, tag })),
  }
}

/** The folder, the file, the present schema. */
async function prepare(file: string, { clock, observe, synchronous = 'FULL' }: SqliteNeeds): Promise<void> {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 }) // health data: for the owner alone
  const since = clock()
  const db = openWriting(file, synchronous)
  try {
    const { from, to } = await patiently(() => migrate(db))
    if (from !== to) observe({ event: 'store.migrated', from, to, ms: clock() - since })
  } finally {
    db.close()
  }
}

/** SQLite does not wait when two processes switch a new file to WAL at once. */
async function patiently(run: () => Migrated): Promise<Migrated> {
  for (let left = 200; ; left--) {
    try {
      return run()
    } catch (error) {
      if (left === 0 || codeOf(error) !== code.busy) throw error
      await sleep(50)
    }
  }
}

function reindexJob(tenant: string, items: readonly Reindexed[], fence: Fence, now: number) {
  const packed = items.map(({ type, id, version, entries }): PackedItem => [type, id, version, pack(entries)])
  return { do: 'reindex', tenant, items: packed, fence, now } as const
}

function tenantsOf(jobs: readonly Job[]): ReadonlySet<string> {
  return new Set(jobs.flatMap(job => (job.do === 'commit' ? [job.commit.tenant] : [])))
}
