/** Connections to PostgreSQL, made when needed and kept. Who asks while all are busy waits in line. */
import { postgresPort } from './place.ts'
import { PostgresClient } from './postgres-client.ts'

const most = 60 // of PostgreSQL's 100
const settings = {
  search_path: 'documentdb_api_catalog,documentdb_api,public',
  'documentdb.useFileBasedPersistedCursors': 'on',
  idle_in_transaction_session_timeout: '60000', // a client that died holds its transaction no longer than that, ms
}
const options = Object.entries(settings)
  .map(([name, value]) => `-c ${name}=${value}`)
  .join(' ')

const idle: PostgresClient[] = []
const waiting: (() => void)[] = []
let total = 0

export async function take(): Promise<PostgresClient> {
  for (;;) {
    const free = idle.pop()
    if (free && !free.dead) return free
    if (free) continue
    if (total < most) {
      total++
      const fresh = new PostgresClient(postgresPort, options, () => {
        total--
        waiting.shift()?.()
      })
      await fresh.connected()
      return fresh
    }
    await new Promise<void>(resolve => waiting.push(resolve))
  }
}

export function giveBack(client: PostgresClient): void {
  if (!client.dead) idle.push(client)
  waiting.shift()?.()
}
