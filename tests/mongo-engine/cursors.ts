/** Pages of results. A cursor outside a transaction may keep its connection until it is read or killed. */
import type { Call, Reply } from './call.ts'
import { CommandError } from './errors.ts'
import { giveBack } from './pool.ts'
import type { PostgresClient } from './postgres-client.ts'
import type { Transaction } from './transactions.ts'

type Cursor = {
  readonly database: string
  readonly client: PostgresClient | undefined
  readonly transaction: Transaction | undefined
  continuation: Buffer
}

const open = new Map<bigint, Cursor>()

export async function cursorPage(call: Call, query: string): Promise<Reply> {
  const columns = 'cursorPage, continuation, persistConnection, cursorId'
  const sql = `SELECT ${columns} FROM documentdb_api.${query}_cursor_first_page($1, $2)`
  const [row] = await call.client.query(sql, [call.head.database, call.body])
  const [reply, continuation, persist, number] = row ?? []
  if (!reply) throw new CommandError([1, 'InternalError'], 'the engine returned no page')
  const id = number ? number.readBigInt64BE(0) : 0n
  if (!continuation || id === 0n) return reply
  const keeps = persist?.[0] === 1 && call.transaction === undefined
  const client = persist?.[0] === 1 ? call.client : undefined
  open.set(id, { database: call.head.database, client, transaction: call.transaction, continuation })
  return { reply, keeps }
}

export async function nextPage(call: Call): Promise<Buffer> {
  const id = call.head.cursor ?? 0n
  const cursor = open.get(id)
  if (!cursor) throw new CommandError([43, 'CursorNotFound'], `cursor ${id} was not found`)
  const sql = 'SELECT cursorPage, continuation FROM documentdb_api.cursor_get_more($1, $2, $3)'
  try {
    const client = cursor.client ?? call.client
    const [row] = await client.query(sql, [cursor.database, call.body, cursor.continuation])
    if (row?.[1]) cursor.continuation = row[1]
    else killCursor(id)
    return row?.[0] ?? Buffer.alloc(0)
  } catch (error) {
    killCursor(id)
    throw error
  }
}

export function killCursor(id: bigint): void {
  const cursor = open.get(id)
  open.delete(id)
  const { client, transaction } = cursor ?? {}
  if (!client || transaction) return
  client.execute('CLOSE ALL').then(
    () => giveBack(client),
    () => client.close(),
  )
}

export function forgetCursorsOf(transaction: Transaction): void {
  for (const [id, cursor] of open) if (cursor.transaction === transaction) open.delete(id)
}
