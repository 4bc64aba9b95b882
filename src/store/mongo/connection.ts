import { MongoClient, type MongoClientOptions, MongoServerSelectionError } from 'mongodb'
import { StoreUnavailable } from '../port.ts'

/** ms that one command may take on the server. */
export const commandTime = 10_000

/** What the promises rest on stands here and not in the URL: what was acknowledged survives the loss of a minority. */
const promises: MongoClientOptions = {
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  readPreference: 'primary',
  retryWrites: true,
  retryReads: true,
  ignoreUndefined: true,
  serverSelectionTimeoutMS: 5_000, // an election takes less; longer, and requests pile up
  socketTimeoutMS: 4 * commandTime, // a silent server counts as lost
  appName: 'kiln',
}

export async function connect(url: string): Promise<MongoClient> {
  const client = new MongoClient(url, promises)
  try {
    await client.connect()
    await requireTransactions(client)
    return client
  } catch (error) {
    await client.close()
    throw error instanceof MongoServerSelectionError ? unreachable(client, error) : error
  }
}

async function requireTransactions(client: MongoClient): Promise<void> {
  const hello = await client.db('admin').command({ hello: 1 })
  const replicaSet = typeof hello['setName'] === 'string'
  const cluster = hello['msg'] === 'isdbgrid'
  if (replicaSet || cluster) return
  throw new Error(
    `the MongoDB at ${addresses(client)} is a standalone server, and Kiln needs transactions, which only replica sets and ` +
      'sharded clusters have. Start mongod with --replSet rs0 and run rs.initiate() once in mongosh (one member is enough), ' +
      'or use `docker compose up`, which does both',
  )
}

function unreachable(client: MongoClient, cause: Error): StoreUnavailable {
  return new StoreUnavailable(
    `no primary of a MongoDB replica set answers at ${addresses(client)}. ` +
      'Is it running, and was rs.initiate() run once in mongosh?',
    { cause },
  )
}

/** Without the credentials that the URL may hold. */
function addresses(client: MongoClient): string {
  return client.options.hosts.map(String).join(', ')
}

const standard = 'kiln'

/** The database that the URL names behind its hosts. */
export function databaseOf(url: string): string {
  return /^[^:]+:\/\/[^/]+\/([^?]+)/.exec(url)?.[1] ?? standard
}
