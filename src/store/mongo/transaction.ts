import type { ClientSession, MongoClient, ServerSessionId, TransactionOptions } from 'mongodb'
import { commandTime } from './connection.ts'
import { hasUnknownCommit, lost } from './errors.ts'

const options: TransactionOptions = {
  readConcern: { level: 'snapshot' },
  writeConcern: { w: 'majority', journal: true },
  readPreference: 'primary',
  maxCommitTimeMS: commandTime,
}
const commitTries = 3 // of ours; the driver repeats each once by itself

/** Either everything that `write` did is durable, or nothing happened and this throws; `CommitUnknown`: one of the two. */
export async function transact(client: MongoClient, session: ClientSession, write: () => Promise<void>): Promise<void> {
  try {
    session.startTransaction(options)
    await write()
    await commit(client, session)
  } finally {
    if (session.inTransaction()) await session.abortTransaction().catch(() => undefined) // the server does it in time
  }
}

async function commit(client: MongoClient, session: ClientSession): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      await session.commitTransaction()
      return
    } catch (error) {
      if (!hasUnknownCommit(error)) throw error
      if (tries < commitTries) continue
      await kill(client, idOf(session)).catch(() => undefined)
      lost(error)
    }
  }
}

/** What has not committed need not stand in anybody's way until the server gives it up, a minute later. */
export async function kill(client: MongoClient, session: ServerSessionId): Promise<void> {
  await client.db('admin').command({ killSessions: [session] })
}

export function idOf({ id }: ClientSession): ServerSessionId {
  if (!id) throw new Error('a session that has not ended has an id')
  return id
}
