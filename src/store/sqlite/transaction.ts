import type { DatabaseSync } from 'node:sqlite'
import { openCommits } from './commit.ts'
import { code, codeOf } from './connection.ts'
import { openErase } from './erase.ts'
import type { Answer, CommitStep, Job, Results } from './job.ts'
import { openLeases } from './leases.ts'
import { openGrowingNames } from './names.ts'
import { openNotes } from './notes.ts'
import { openReword } from './reword.ts'
import { openSecrets } from './secrets.ts'
import { openTidiness, openTidy } from './tidy.ts'

/** COMMIT itself failed, and not because there was no room or no lock: the log may or may not hold the transaction. */
class Doubt extends Error {
  override readonly name = 'Doubt'
}

/** What jobs do, within a transaction. */
function openJobs(db: DatabaseSync) {
  const tenants = openGrowingNames(db, 'tenant')
  const types = openGrowingNames(db, 'type')
  const leases = openLeases(db, tenants)
  const commits = openCommits(db, tenants, types, leases)
  const reword = openReword(db, { tenants, types, leases })
  const secrets = openSecrets(db)
  const notes = openNotes(db, tenants)
  const erase = openErase(db, tenants)
  const tidy = openTidy(db, tenants)
  const isTidied = openTidiness(db)

  function run(job: Job): Results[Job['do']] {
    switch (job.do) {
      case 'commit':
        return commits.run(job)
      case 'reindex':
        return commits.reindex(job)
      case 'reword':
        return reword(job)
      case 'acquire':
        return leases.acquire(job.tenant, job.name, job.owner, job.ms, job.now)
      case 'renew':
        return leases.renew(job.tenant, job.lease, job.ms, job.now)
      case 'release':
        return leases.release(job.tenant, job.lease)
      case 'keepNote':
        return notes.keep(job.note, job.now)
      case 'dropNote':
        return notes.drop(job.key, job.revision, job.now)
      case 'dropNotes':
        return notes.dropAll(job.tenant, job.kind, job.tag)
      case 'forget':
        return commits.forget(job.tenant, job.before) + notes.forget(job.tenant, job.before)
      case 'erase':
        return erase(job.tenant)
      case 'tidy':
        return tidyUp(job.tenant, job.after)
      case 'secret':
        return secrets.keep(job.name, job.fresh)
      case 'ping':
      case 'close':
        return undefined
    }
  }

  /** After a rollback: what was made did not last. */
  function reset(): void {
    tenants.reset()
    types.reset()
    commits.reset()
  }

  function tidyUp(tenant: string, after: number): Results['tidy'] {
    const done = tidy(tenant, after)
    if (done.rows > 0) commits.reset()
    return done
  }

  function begin(): void {
    commits.begin()
    if (isTidied()) commits.reset()
  }

  return { run, reset, begin }
}

/** Runs jobs in one transaction: one fsync for all of them. */
export function openTransactions(db: DatabaseSync): (jobs: readonly Job[]) => Answer[] {
  const { run, reset, begin } = openJobs(db)

  function together(jobs: readonly Job[]): Answer[] {
    begin()
    const answers = jobs.map(job => ({ is: 'done', value: run(job) }) as const)
    commit(jobs)
    return answers
  }

  function commit(jobs: readonly Job[]): void {
    try {
      fault(jobs, 'commit.durable')
      db.exec('COMMIT')
    } catch (error) {
      throw isWithoutEffect(error) ? error : new Doubt('COMMIT failed', { cause: error })
    }
  }

  function rollback(): void {
    if (db.isTransaction) db.exec('ROLLBACK') // SQLite has done it by itself after some errors
    reset()
  }

  return function transaction(jobs: readonly Job[]): Answer[] {
    try {
      fault(jobs, 'commit.begin')
      db.exec('BEGIN IMMEDIATE')
    } catch (error) {
      return jobs.map(() => ({ is: 'failed', error: error as Error }))
    }
    try {
      return together(jobs)
    } catch (error) {
      rollback()
      if (error instanceof Doubt) return jobs.map(() => ({ is: 'unknown', error }))
      if (jobs.length === 1) return [{ is: 'failed', error: error as Error }]
      return jobs.flatMap(job => transaction([job])) // one of them failed: the others must not suffer
    }
  }
}

function isWithoutEffect(error: unknown): boolean {
  const number = codeOf(error)
  return number === code.busy || number === code.locked || number === code.full
}

/** Only a test asks for it, by the job. */
export function fault(jobs: readonly Job[], step: CommitStep): void {
  if (jobs.some(job => job.do === 'commit' && job.fail === step)) throw new Error(`fault: ${step}`)
}
