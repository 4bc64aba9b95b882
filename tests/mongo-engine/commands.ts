/** MongoDB's commands as calls of the extension's SQL functions; BSON goes through unread where possible. */
import { BSON } from 'mongodb'
import type { Call, Command } from './call.ts'
import { cursorPage, nextPage } from './cursors.ts'
import { CommandError, meaningOf, stateOf, withCodes } from './errors.ts'
import type { Row } from './postgres-client.ts'
import { abort, abortAllIn } from './transactions.ts'

export const serialize = (document: object) => Buffer.from(BSON.serialize(document, { ignoreUndefined: true }))
export const ok = serialize({ ok: 1 })

async function one(call: Call, sql: string, values: readonly (string | Buffer | undefined)[]): Promise<Row> {
  const [row] = await call.client.query(sql, values)
  if (!row) throw new CommandError([1, 'InternalError'], 'the engine returned no row')
  return row
}

const first = (row: Row) => row[0] ?? ok

const single =
  (sql: string): Command =>
  async call =>
    first(await one(call, sql, [call.head.database, call.body]))

const onCollection =
  (sql: string): Command =>
  async call =>
    first(await one(call, sql, [call.head.database, call.head.collection]))

const page =
  (query: string): Command =>
  call =>
    cursorPage(call, query)

const write =
  (name: string): Command =>
  async call => {
    const sql = `SELECT p_result, p_success FROM documentdb_api.${name}($1, $2, $3, NULL)`
    const [result = ok, success] = await one(call, sql, [call.head.database, call.body, call.sequence])
    if (success?.[0] === 1) return result
    if (call.transaction) await abort(call.transaction) // as MongoDB does; the extension would carry on
    return withCodes(result)
  }

type IndexReply = { ok: unknown; code?: number; errmsg?: string; raw?: Record<string, IndexReply> }

/** Index commands report failure inside a reply that succeeds. */
function checkedIndexReply(reply: Buffer): Buffer {
  const document = BSON.deserialize(reply) as IndexReply
  const { ok: success, code, errmsg, ...rest } = Object.values(document.raw ?? {})[0] ?? document
  if (success === true || Number(success) === 1) return serialize({ ...rest, ok: 1 })
  throw new CommandError(meaningOf(stateOf(code ?? 0)), errmsg ?? 'the index command failed')
}

export const commands: Readonly<Record<string, Command>> = {
  insert: write('insert'),
  update: write('update'),
  delete: write('delete'),
  findAndModify: single('SELECT p_result FROM documentdb_api.find_and_modify($1, $2, NULL)'),
  find: page('find'),
  aggregate: page('aggregate'),
  listCollections: page('list_collections'),
  listIndexes: page('list_indexes'),
  getMore: nextPage,
  count: single('SELECT document FROM documentdb_api.count_query($1, $2)'),
  distinct: single('SELECT document FROM documentdb_api.distinct_query($1, $2)'),
  create: single('SELECT documentdb_api.create_collection_view($1, $2)'),
  collStats: onCollection('SELECT documentdb_api.coll_stats($1, $2)'),
  dbStats: async call => first(await one(call, 'SELECT documentdb_api.db_stats($1)', [call.head.database])),
  listDatabases: async call => first(await one(call, 'SELECT documentdb_api.list_databases($1)', [call.body])),
  async drop(call) {
    const { database, collection } = call.head
    await one(call, 'SELECT documentdb_api.drop_collection($1, $2)', [database, collection])
    return ok
  },
  async dropDatabase(call) {
    await abortAllIn(call.head.database)
    await one(call, 'SELECT documentdb_api.drop_database($1)', [call.head.database])
    return serialize({ dropped: call.head.database, ok: 1 })
  },
  async createIndexes(call) {
    const sql = 'SELECT documentdb_api_internal.create_indexes_non_concurrently($1, $2, true)'
    return checkedIndexReply(first(await one(call, sql, [call.head.database, call.body])))
  },
  async dropIndexes(call) {
    const sql = 'CALL documentdb_api.drop_indexes($1, $2)'
    return checkedIndexReply(first(await one(call, sql, [call.head.database, call.body])))
  },
  /** Not MongoDB's form: PostgreSQL's plan, to see whether an index is used. */
  async explain(call) {
    const { explain } = BSON.deserialize(call.body, { promoteValues: false })
    const kind = Object.keys(explain)[0] === 'aggregate' ? 'pipeline' : Object.keys(explain)[0]
    if (kind === 'pipeline') explain.cursor ??= {}
    const query = `SELECT document FROM documentdb_api_catalog.bson_aggregation_${kind}($1, $2)`
    const sql = `EXPLAIN (FORMAT JSON, ANALYZE true, VERBOSE false, COSTS true) ${query}`
    const plan = first(await one(call, sql, [call.head.database, serialize(explain)]))
    return serialize({ queryPlanner: JSON.parse(plan.toString()), ok: 1 })
  },
}
