import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Arg, Sql } from './sql.ts'

const remembered = 250 // shapes of each of two generations; each holds some 10 to 50 KB

export type Row = readonly Arg[]

/** Runs SQL whose statements are prepared once for each shape. */
export function openStatements(db: DatabaseSync) {
  let young = new Map<string, StatementSync>()
  let old = young
  let record: ((sql: Sql) => void) | undefined

  function statement(text: string): StatementSync {
    const known = young.get(text)
    if (known) return known
    const found = old.get(text) ?? prepare(text)
    if (young.size >= remembered) {
      old = young // what was not asked for meanwhile goes
      young = new Map()
    }
    young.set(text, found)
    return found
  }

  function prepare(text: string): StatementSync {
    const fresh = db.prepare(text)
    fresh.setReturnArrays(true)
    return fresh
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
