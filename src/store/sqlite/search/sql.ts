/** Text of SQL with its arguments; what comes from a client is always an argument. */
export type Sql = { readonly text: string; readonly args: readonly Arg[] }

export type Arg = string | number | Uint8Array | null

export function sql(strings: TemplateStringsArray, ...parts: readonly (Sql | Arg)[]): Sql {
  let text = strings[0] ?? ''
  const args: Arg[] = []
  for (const [index, part] of parts.entries()) {
    if (isSql(part)) {
      text += part.text
      for (const arg of part.args) args.push(arg)
    } else {
      text += '?'
      args.push(part)
    }
    text += strings[index + 1] ?? ''
  }
  return { text, args }
}

function isSql(part: Sql | Arg): part is Sql {
  return typeof part === 'object' && part !== null && 'text' in part
}

/** Names of our own. */
export function raw(text: string): Sql {
  return { text, args: [] }
}

export const yes = raw('1')
export const no = raw('0')

/** As a balanced tree, because SQLite bounds the depth of an expression. */
export function joined(parts: readonly Sql[], by: 'AND' | 'OR'): Sql {
  const [only] = parts
  if (!only) return by === 'AND' ? yes : no
  if (parts.length === 1) return only
  const middle = parts.length >> 1
  return sql`(${joined(parts.slice(0, middle), by)} ${raw(by)} ${joined(parts.slice(middle), by)})`
}

/** Few are written out (in steps, so that there are few shapes), many go in as one text. */
export function among(column: string, keys: readonly number[]): Sql {
  const [first = -1] = keys
  if (keys.length < 2) return sql`${raw(column)} = ${first}`
  if (keys.length > 4) return sql`${raw(column)} IN (SELECT value FROM json_each(${JSON.stringify(keys)}))`
  const [, second = first, third = first, fourth = first] = keys
  return sql`${raw(column)} IN (${first}, ${second}, ${third}, ${fourth})`
}

/**
 * SQLite looks into a number that stands alone behind LIMIT when it compiles a statement, and therefore compiles it anew each
 * time that one is bound: most of the time of a small search. Into a sum it does not look.
 */
export function atMost(rows: number): Sql {
  return sql`LIMIT ${rows} + 0`
}

export function list(values: readonly (number | string)[]): Sql {
  return sql`json_each(${JSON.stringify(values)})`
}
