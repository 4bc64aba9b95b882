/** Sets of codes that no code system lists: those a grammar accepts, or that a value set names on its own authority. */

export type Codes = {
  has(code: string): boolean
  /** All of them, where they can be counted. */
  readonly only: ReadonlySet<string> | undefined
}

const empty: ReadonlySet<string> = new Set()

export const noCodes: Codes = { has: () => false, only: empty }

export function codesOf(list: Iterable<string>): Codes {
  const only = new Set(list)
  return { has: code => only.has(code), only }
}

export function codesThat(has: (code: string) => boolean): Codes {
  return { has, only: undefined }
}

export function andCodes(a: Codes, b: Codes): Codes {
  const finite = a.only ?? b.only
  const has = (code: string): boolean => a.has(code) && b.has(code)
  return finite === undefined ? codesThat(has) : codesOf(finite.values().filter(has))
}

export function orCodes(a: Codes, b: Codes): Codes {
  if (a.only !== undefined && b.only !== undefined) return codesOf(a.only.union(b.only))
  return codesThat(code => a.has(code) || b.has(code))
}

export function minusCodes(a: Codes, b: Codes): Codes {
  const has = (code: string): boolean => a.has(code) && !b.has(code)
  return a.only === undefined ? codesThat(has) : codesOf(a.only.values().filter(has))
}
