import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Arg, Sql } from './sql.ts'

const remembered = 500 // shapes; each holds some 10 to 50 KB

export type Row = readonly Arg[]

/** Runs SQL whose statements are prepared once for each shape. */
export function openStatements(db: DatabaseSync) {
  const prepared = new Map<string, StatementSync>()
  let record: ((sql: Sql) => void) | undefined

  function statement(text: string): StatementSync {
    const known = prepared.get(text)
    if (known) prepared.delete(text) // and in again: the oldest goes first
    const found = known ?? db.prepare(text)
    if (!known) found.setReturnArrays(true)
    prepared.set(text, found)
    if (prepared.size > remembered) prepared.delete(prepared.keys().next().value ?? '')
    return found
  }

  return {
    all<R extends Row = Row>(sql: Sql): readonly R[] {
      record?.(sql)
      return statement(sql.text).all(...sql.args) as unknown as readonly R[]
    },
    get(sql: Sql): Row | undefined {
      record?.(sql)
      return statement(sql.text).get(...sql.args) as unknown as Row | undefined
    },
    /** What `run` asks meanwhile. */
    recorded(run: () => unknown): readonly Sql[] {
      const asked: Sql[] = []
      record = sql => asked.push(sql)
      try {
        run()
      } finally {
        record = undefined
      }
      return asked
    },
    /** The indexes by which SQLite would answer. */
    indexes({ text, args }: Sql): readonly string[] {
      const rows = db.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...args)
      return rows.flatMap(({ detail }) => indexIn(`${detail}`) ?? [])
    },
  }
}

export type Statements = ReturnType<typeof openStatements>

function indexIn(detail: string): string | undefined {
  const index = /USING (?:COVERING )?INDEX (\w+)/.exec(detail)?.[1]
  if (index !== undefined) return index
  const table = /USING (?:PRIMARY KEY|INTEGER PRIMARY KEY)/.test(detail) ? /^SEARCH (\w+)/.exec(detail)?.[1] : undefined
  return table && `primary key of ${table}`
}
