/** MongoDB's sessions with transactions are connections to PostgreSQL that stay taken until the end. */
import { noSuchTransaction } from './errors.ts'
import type { Head } from './head.ts'
import { giveBack, take } from './pool.ts'
import type { PostgresClient } from './postgres-client.ts'

export type Transaction = {
  readonly number: bigint
  /** In which it was begun. */
  readonly database: string
  state: 'open' | 'committed' | 'aborted'
  /** Taken while the transaction is open. */
  client: PostgresClient | undefined
}

/** The latest of each session. */
const latest = new Map<string, Transaction>()

/** The open transaction that the command belongs to, begun if the command says so; `undefined`: none. */
export async function transactionFor(head: Head): Promise<Transaction | undefined> {
  const { session, transaction: number, database } = head
  if (session === undefined || number === undefined) return undefined
  const known = latest.get(session)
  if (head.starts) {
    if (known) await abort(known)
    const fresh: Transaction = { number, database, state: 'open', client: await take() }
    latest.set(session, fresh)
    await fresh.client?.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL lock_timeout='5s'")
    return fresh
  }
  if (known?.number !== number || known.state !== 'open') throw noSuchTransaction()
  return known
}

export async function finish(head: Head, end: 'COMMIT' | 'ROLLBACK'): Promise<void> {
  const known = latest.get(head.session ?? '')
  if (known?.number !== head.transaction || !known) throw noSuchTransaction()
  if (known.state === 'committed' && end === 'COMMIT') return // the driver retries a commit whose answer it missed
  if (known.state !== 'open') throw noSuchTransaction()
  if (end === 'ROLLBACK') return abort(known)
  known.state = 'committed'
  await leave(known, 'COMMIT').catch(error => {
    known.state = 'aborted'
    throw error
  })
}

/** As MongoDB does on any error inside a transaction. */
export async function abort(transaction: Transaction): Promise<void> {
  transaction.state = 'aborted'
  await leave(transaction, 'ROLLBACK').catch(() => undefined) // a lost connection has rolled back already
}

/** Who drops a database waits for nobody: those who are in the middle of something there are often dead. */
export async function abortAllIn(database: string): Promise<void> {
  const open = [...latest.values()].filter(one => one.state === 'open' && one.database === database)
  await Promise.all(open.map(abort))
}

async function leave(transaction: Transaction, sql: string): Promise<void> {
  const { client } = transaction
  if (!client) return
  transaction.client = undefined
  try {
    await client.execute(sql)
    giveBack(client)
  } catch (error) {
    client.close()
    throw error
  }
}

export function endSession(session: string): void {
  const known = latest.get(session)
  if (known?.client) void abort(known)
  latest.delete(session)
}
