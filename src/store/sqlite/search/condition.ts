import type { Test } from '../../../search/node.ts'
import { containerOf } from './contained.ts'
import type { Filter, LeafFilter, PartFilter } from './filter.ts'
import { among, joined, list, no, raw, type Sql, sql, yes } from './sql.ts'

/** What must be true of the resource whose root is `root`, a column of the statement around. */
export function condition(filter: Filter, root: Sql): Sql {
  let names = 0
  return print(filter, root, letter => `${letter}${++names}`)
}

/** Every table of a statement gets a name of its own, so that inner ones never hide outer ones. */
type Fresh = (letter: string) => string

const ends: Record<Test['end'], string> = { low: 'low', high: 'high', from: '"from"', to: '"to"' }
const ops: Record<Test['op'], string> = { '<': '<', '<=': '<=', '>': '>', '>=': '>=' }

/** Rows of a table, to be used in EXISTS. */
type Rows = { readonly from: Sql; readonly where: Sql }

function print(of: Filter, root: Sql, fresh: Fresh): Sql {
  switch (of.is) {
    case 'all':
      return yes
    case 'none':
      return no
    case 'and':
    case 'or':
      return joined(
        of.of.map(part => print(part, root, fresh)),
        of.is === 'and' ? 'AND' : 'OR',
      )
    case 'not':
      return sql`NOT ${print(of.of, root, fresh)}`
    case 'roots':
      return sql`${root} IN (SELECT value FROM ${list(of.roots)})`
    case 'current':
      return current(of.contained ? containerOf(root) : root, of.low, of.high)
    case 'present':
      return present(of, root, fresh('e'))
    case 'element':
      return element(of.of, root, fresh)
    case 'refers':
      return refers(of, root, fresh)
    case 'referred':
      return referred(of, root, fresh)
    default:
      return exists(leaf(of, root, fresh('e'), fresh))
  }
}

/** The `seq` of the current version is in [low, high). */
function current(root: Sql, low: number, high: number): Sql {
  return sql`${currentSeq(root)} BETWEEN ${low} AND ${high - 1}`
}

/** Of a resource that has versions. */
export function currentSeq(root: Sql): Sql {
  const later = sql`SELECT seq FROM version INDEXED BY version_later WHERE root = ${root} AND version > 1`
  return sql`coalesce((${later} ORDER BY version DESC LIMIT 1), ${root})`
}

function present({ sets, ranges }: Extract<Filter, { is: 'present' }>, root: Sql, name: string): Sql {
  const has = (table: 'found' | 'range', some: readonly number[]) => {
    const where = sql`${raw(`${name}.root`)} = ${root} AND ${among(`${name}.slots`, some)}`
    return some.length === 0 ? [] : [exists({ from: raw(`${table} ${name}`), where })]
  }
  return joined([...has('found', sets), ...has('range', ranges)], 'OR')
}

/** The entries of the resource that fit; `name` is their table. */
function leaf(of: LeafFilter, root: Sql, name: string, fresh: Fresh): Rows {
  const own = sql`${raw(`${name}.root`)} = ${root}`
  const inSlot = among(`${name}.slots`, of.sets)
  switch (of.is) {
    case 'terms': {
      const few = of.terms.length <= 4 // a seek for each; else its own terms are looked up in the list
      const from = raw(`found ${name}`)
      if (few) return { from, where: sql`${own} AND ${among(`${name}.term`, of.terms)}` }
      // The plus keeps SQLite from a seek for each of 50,000 terms, resource by resource.
      return { from, where: sql`${own} AND ${inSlot} AND ${among(`+${name}.term`, of.terms)}` }
    }
    case 'prefix':
    case 'contains': {
      const term = fresh('t')
      return {
        from: raw(`found ${name} CROSS JOIN term ${term} ON ${term}.key = ${name}.term`),
        where: sql`${own} AND ${inSlot} AND ${textTest(of.is, of.texts, `${term}.text`)}`,
      }
    }
    default: {
      const unit = of.terms ? sql` AND ${among(`${name}.term`, of.terms)}` : raw('')
      return { from: raw(`range ${name}`), where: sql`${own} AND ${inSlot}${unit} AND ${rangeTest(of.any, name)}` }
    }
  }
}

/** One part brings the elements, if it can; else they are all those that the resource has. */
function element(parts: readonly PartFilter[], root: Sql, fresh: Fresh): Sql {
  const name = fresh('e')
  const number = raw(`${name}.element`)
  const anchor = parts.find(part => part.is !== 'or' && part.is !== 'none')
  const rest = parts.filter(it => it !== anchor).map(it => inElement(it, root, number, fresh))
  if (anchor) {
    const { from, where } = leaf(anchor, root, name, fresh)
    return exists({ from, where: joined([where, sql`${number} > 0`, ...rest], 'AND') })
  }
  const numbers = sql`SELECT element FROM found WHERE root = ${root} UNION SELECT element FROM range WHERE root = ${root}`
  return exists({ from: sql`(${numbers}) ${raw(name)}`, where: joined([sql`${number} > 0`, ...rest], 'AND') })
}

function inElement(of: PartFilter, root: Sql, number: Sql, fresh: Fresh): Sql {
  if (of.is === 'none') return no
  if (of.is === 'or') {
    return joined(
      of.of.map(it => inElement(it, root, number, fresh)),
      'OR',
    )
  }
  const name = fresh('e')
  const { from, where } = leaf(of, root, name, fresh)
  return exists({ from, where: sql`${where} AND ${raw(`${name}.element`)} = ${number}` })
}

type Link = Extract<Filter, { is: 'refers' | 'referred' }>

/** From the resource's references to what they lead to. */
function refers({ sets, target, where }: Link, root: Sql, fresh: Fresh): Sql {
  const [found, term, to] = [fresh('f'), fresh('t'), fresh('r')]
  const start = `${target.name}/`
  return exists({
    from: sql`${raw(`found ${found} CROSS JOIN term ${term} ON ${term}.key = ${found}.term`)}
      CROSS JOIN ${raw(target.contained ? 'contained' : 'resource')} ${raw(`${to} ON ${to}.tenant`)} = ${target.tenant} AND ${raw(`${to}.type`)} = ${target.type}
        AND ${raw(`${to}.id = substr(${term}.text, length(`)}${start}) + 1)`,
    where: sql`${raw(`${found}.root`)} = ${root} AND ${among(`${found}.slots`, sets)}
      AND ${raw(`${term}.text`)} = ${start} || ${raw(`${to}.id`)} AND ${raw(`${to}.deleted`)} = 0
      AND ${print(where, raw(`${to}.root`), fresh)}`,
  })
}

/** From the resource's name to those that refer to it: there may be many. */
function referred({ sets, target, where }: Link, root: Sql, fresh: Fresh): Sql {
  const [self, set, term, found] = [fresh('v'), fresh('s'), fresh('t'), fresh('f')]
  return exists({
    from: sql`${raw(`${target.contained ? 'contained' : 'version'} ${self}`)} CROSS JOIN ${list(sets)} ${raw(set)}
      CROSS JOIN term ${raw(`${term} ON ${term}.slots = ${set}.value AND ${term}.text`)} = ${`${target.name}/`} || ${raw(`${self}.id`)}
      CROSS JOIN found ${raw(`${found} ON ${found}.term = ${term}.key`)}`,
    where: sql`${raw(`${self}.rowid`)} = ${root} AND ${raw(`tick(${found}.root)`)}
      AND ${print(where, raw(`${found}.root`), fresh)}`,
  })
}

function exists({ from, where }: Rows): Sql {
  return sql`EXISTS (SELECT 1 FROM ${from} WHERE ${where})`
}

export function rangeTest(any: readonly (readonly Test[])[], name: string): Sql {
  const one = ({ end, op, than }: Test) => sql`${raw(`${name}.${ends[end]} ${ops[op]}`)} ${than}`
  return joined(
    any.map(tests => joined(tests.map(one), 'AND')),
    'OR',
  )
}

const some = 8 // texts written out; more go in as one argument

export function textTest(is: 'prefix' | 'contains', texts: readonly string[], column: string): Sql {
  const text = raw(column)
  if (is === 'contains') {
    if (texts.length > some) return sql`EXISTS (SELECT 1 FROM ${list(texts)} WHERE instr(${text}, value) > 0)`
    return joined(
      texts.map(part => sql`instr(${text}, ${part}) > 0`),
      'OR',
    )
  }
  if (texts.length <= some) {
    return joined(
      texts.map(start => between(text, start)),
      'OR',
    )
  }
  const pairs = JSON.stringify(texts.map(start => [start, behind(start) ?? null]))
  const below = sql`(value ->> 1 IS NULL OR ${text} < value ->> 1)`
  return sql`EXISTS (SELECT 1 FROM json_each(${pairs}) WHERE ${text} >= value ->> 0 AND ${below})`
}

export function between(column: Sql, start: string): Sql {
  const end = behind(start)
  return end === undefined ? sql`${column} >= ${start}` : sql`(${column} >= ${start} AND ${column} < ${end})`
}

/** The first text, by code points, behind all that begin like this; `undefined`: there is none. */
export function behind(start: string): string | undefined {
  const points = [...start]
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0
    if (point >= 0x10ffff) continue
    return points.join('') + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1)
  }
  return undefined
}
