/** Questions to the index: bound to its keys, a way chosen, printed as SQL, run within bounds. */
import type { DatabaseSync } from 'node:sqlite'
import { isContained } from '../../../search/contained.ts'
import type { Place } from '../../../search/node.ts'
import type { Explanation, Guard, Match, SearchPage, SearchQuery } from '../../port.ts'
import { openFirstSince } from '../history.ts'
import type { Names } from '../names.ts'
import type { Snapshot } from '../snapshot.ts'
import { toVersion, type VersionRow, versionColumns } from '../version.ts'
import { openBind } from './bind.ts'
import { openChoice, sizes as usual } from './choose.ts'
import { condition, currentSeq } from './condition.ts'
import { containerOf, rootPlace, shownPlace } from './contained.ts'
import { type Bounds, openEffort } from './effort.ts'
import { allOf, current, everything, type Filter, nothing, notOf, type Scope } from './filter.ts'
import { openKeys } from './keys.ts'
import { columnsOf, placeOf } from './order.ts'
import { openSlots } from './slots.ts'
import { raw, sql } from './sql.ts'
import { openStatements } from './statements.ts'
import { findPage } from './walk.ts'

export type CountQuery = Omit<SearchQuery, 'sort' | 'after' | 'limit'>

const patient = 20_000 // rows collected on the way, where time was given for it

/** The ways of one connection. */
export function openSearch(db: DatabaseSync, tenants: Names, types: Names, snapshot: Snapshot, sizes = usual) {
  const effort = openEffort(db)
  const statements = openStatements(db)
  const slots = openSlots(db)
  const keys = openKeys(db, types, slots)
  const firstSince = openFirstSince(db)
  const bind = openBind(keys, firstSince)
  const choice = openChoice(statements, keys, sizes)
  const matchesOf = openMatches(db)
  const containedOf = openContainedMatches(db)
  const untilOf = openUntil(db)

  function bound({ tenant, type, where, until }: Asked): { readonly scope: Scope; readonly filter: Filter } {
    const scope = keys.scope(tenants.key(tenant) ?? 0, type)
    if (scope.list === undefined) return { scope, filter: nothing }
    return {
      scope,
      filter: allOf([bind(where, scope), until === undefined ? everything : unchangedSince(until, scope)]),
    }
  }

  /** Roots and places of a page, and one more if there is one. */
  function rows(query: SearchQuery, most: number): readonly Placed[] {
    const { scope, filter } = bound(query)
    if (filter.is === 'none') return []
    const page = {
      scope,
      filter,
      sort: columnsOf(query.sort, scope, slots),
      after: query.after && (scope.contained ? rootPlace(query.after) : query.after),
      limit: query.limit + 1,
    }
    const found = findPage({ statements, effort, choice, firstSince, sizes }, { ...page, most })
    return found.map(row => [row[0], placeOf(row)])
  }

  /** All of one state, within bounds. */
  function within<R>(bounds: Bounds, run: (most: number, state: number | undefined) => R): R {
    effort.begin(bounds)
    const state = snapshot()
    slots.begin(state)
    return run(bounds.helping ? sizes.few : patient, state)
  }

  return {
    search: (query: SearchQuery, bounds: Bounds): SearchPage =>
      within(bounds, (most, state) => {
        const found = rows(query, most)
        const read = isContained(query.type) ? containedOf : matchesOf
        const matches = read(query, found.length > query.limit ? found.slice(0, query.limit) : found)
        const page = { matches, more: found.length > query.limit }
        return query.anchored ? { ...page, until: untilOf(state) } : page
      }),
    count: (query: CountQuery, bounds: Bounds): number =>
      within(bounds, most => {
        const { scope, filter } = bound(query)
        if (filter.is === 'none') return 0
        const { source, rest } = choice.choose(filter, scope, most)
        const found = sql`SELECT DISTINCT ${source.root} FROM ${source.from}
          WHERE tick(${source.root}) AND ${source.where} AND ${condition(rest, source.root)}`
        return statements.get(sql`SELECT count(*) FROM (${found})`)?.[0] as number
      }),
    explain: (query: SearchQuery, bounds: Bounds): Explanation =>
      within(bounds, most => {
        const asked = statements.recorded(() => rows(query, most))
        const examined = effort.examined()
        const texts = new Map(asked.map(it => [it.text, it]))
        const indexes = new Set([...texts.values()].flatMap(it => statements.indexes(it)))
        const { scope, filter } = bound({ ...query, until: undefined })
        const scan = filter.is !== 'none' && choice.choose(filter, scope, most).scan
        return { compiled: [...texts.keys()].join(';\n'), indexes: [...indexes], examined, scan }
      }),
    /** After a rollback. */
    reset() {
      slots.reset()
      keys.reset()
    },
  }
}

export type Search = ReturnType<typeof openSearch>

/** One sequence for all tenants: what any of them wrote before was seen. */
function openUntil(db: DatabaseSync): (state: number | undefined) => number {
  const last = db.prepare('SELECT max(seq) FROM version')
  last.setReturnArrays(true)
  let known: { readonly state: number; readonly until: number } | undefined
  return state => {
    if (known !== undefined && known.state === state) return known.until
    const [until] = last.get() as unknown as [number | null]
    if (state !== undefined) known = { state, until: until ?? 0 }
    return until ?? 0
  }
}

type Asked = Pick<SearchQuery, 'tenant' | 'type' | 'where'> & { readonly until?: number | undefined }

/** A negation, so that nobody looks for an index: nearly all are. */
function unchangedSince(until: number, scope: Scope): Filter {
  return notOf(current(until + 1, Number.MAX_SAFE_INTEGER, scope))
}

type Placed = readonly [root: number, place: Place]
type MatchRow = readonly [...VersionRow, id: string]

type Matches = (query: SearchQuery, found: readonly Placed[]) => readonly Match[]

/** All in one statement, which goes through them in their order. */
function openMatches(db: DatabaseSync): Matches {
  const one = db.prepare(`SELECT ${versionColumns}, v.id FROM version v WHERE v.seq = ${currentSeq(raw('?1')).text}`)
  const several = db.prepare(
    `SELECT ${versionColumns}, v.id FROM json_each(?) x CROSS JOIN version v
     ON v.seq = ${currentSeq(raw('x.value')).text}`,
  )
  for (const statement of [one, several]) statement.setReturnArrays(true)

  function rowsOf(roots: readonly number[]): readonly MatchRow[] {
    const [root = 0] = roots
    const rows = roots.length === 1 ? one.all(root) : several.all(JSON.stringify(roots))
    return rows as unknown as readonly MatchRow[]
  }

  return ({ tenant, type }, found) => {
    if (found.length === 0) return []
    const rows = rowsOf(found.map(([root]) => root))
    return rows.map(([seq, version, updated, method, json, id], at) => {
      const key = { tenant, type, id }
      return { version: toVersion(key, [seq, version, updated, method, json]), place: found[at]?.[1] ?? [] }
    })
  }
}

/** A contained resource has its own id and text, and all else of its container. */
function openContainedMatches(db: DatabaseSync): Matches {
  const current = db.prepare(
    `SELECT v.seq, v.version, v.updated, v.method, c.json, c.id FROM contained c
     CROSS JOIN version v ON v.seq = ${currentSeq(containerOf(raw('c.root'))).text} WHERE c.root = ?`,
  )
  current.setReturnArrays(true)
  return ({ tenant, type }, found) =>
    found.map(([root, place]) => {
      const [seq, version, updated, method, json, id] = current.get(root) as unknown as MatchRow
      const key = { tenant, type, id }
      return { version: toVersion(key, [seq, version, updated, method, json]), place: shownPlace(place) }
    })
}

/** Whether it holds in the transaction that is open. */
export function holds({ search }: Search, tenant: string, { type, where, ids }: Guard, bounds: Bounds): boolean {
  const query = { tenant, type, where, sort: [], limit: ids.length, budget: bounds.budget }
  const { matches, more } = search(query, bounds)
  const found = new Set(matches.map(({ version: { id } }) => id))
  return !more && found.size === ids.length && ids.every(id => found.has(id))
}
