/** https://hl7.org/fhir/R4/search.html#sort */
import type { SearchParameter } from '../parameters.ts'
import type { Sort } from '../query.ts'
import { find, type Known, mistake, shown } from './known.ts'
import type { Mistakes } from './mistakes.ts'

const mostKeys = 10 // each is a join of its own

/** "can repeat for inner sort orders": all that are given count together. */
export function mustBeFew(keys: number): void {
  if (keys > mostKeys) throw mistake('too-costly', `_sort has ${keys} keys: expected at most ${mostKeys}`)
}

/** The keys that could be understood, each with its text. */
export function parseSort(
  value: string,
  types: readonly string[],
  known: Known,
  { attempt, insist }: Mistakes,
): readonly (readonly [string, Sort])[] {
  const keys = value.split(',').map(key => key.trim())
  const few = insist('_sort', () => {
    mustBeFew(keys.length)
    return keys
  })
  return (few ?? []).flatMap((key): [string, Sort][] => {
    const sort = attempt('_sort', () => parseKey(key, types, known))
    return sort ? [[key, sort]] : []
  })
}

function parseKey(key: string, types: readonly string[], known: Known): Sort {
  const descending = key.startsWith('-')
  const code = descending ? key.slice(1) : key
  if (code === '_score') throw mistake('not-supported', '_sort=_score: results have no score here')
  const found = types.map(type => sortable(type, code, known))
  const [parameter, ...others] = found
  if (parameter === undefined || others.some(({ type }) => type !== parameter.type))
    throw mistake('not-supported', `_sort=${shown(key)}: '${code}' is not of one kind for all types searched`)
  return { parameter, descending }
}

function sortable(type: string, code: string, known: Known): SearchParameter {
  const parameter = find(type, code, known)
  if (typeof parameter === 'function') throw mistake('not-supported', `_sort=${shown(code)}: ${parameter()}`)
  if (parameter.type !== 'composite' && parameter.type !== 'special') return parameter
  throw mistake('not-supported', `_sort=${code}: '${code}' is a ${parameter.type} parameter, which has no order`)
}
