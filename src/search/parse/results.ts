/** How the answer is to look, whatever is found. https://hl7.org/fhir/R4/search.html#return */
import { parseSubset, type Subset } from '../../fhir/subset.ts'
import type { Query } from '../query.ts'
import { mistake, shown } from './known.ts'
import type { Mistakes } from './mistakes.ts'

export type Results = Pick<
  Query,
  'count' | 'countOnly' | 'total' | 'most' | 'subset' | 'display' | 'contained' | 'explain' | 'page'
>

/** Each may be given once. */
export const resultParameters = [
  '_count',
  '_total',
  '_summary',
  '_elements',
  '_contained',
  '_containedType',
  '_maxresults',
  '_display',
  '_explain',
  '_page',
] as const

type Limits = { readonly defaultCount: number; readonly largestCount: number }

export function parseResults(given: ReadonlyMap<string, string>, limits: Limits, { insist }: Mistakes): Results {
  const asked = insist('_count', () => number('_count', given.get('_count'), 0)) ?? limits.defaultCount
  const most = insist('_maxresults', () => number('_maxresults', given.get('_maxresults'), 1))
  const subset = insist(undefined, () => subsetOf(given))
  const countOnly = asked === 0 || (subset?.by === 'summary' && subset.mode === 'count')
  const page = given.get('_page')
  return {
    count: countOnly ? 0 : Math.min(asked, limits.largestCount),
    countOnly,
    total: insist('_total', () => totalOf(given, countOnly)) ?? 'none',
    ...(most === undefined ? {} : { most }),
    ...(subset === undefined ? {} : { subset }),
    contained: {
      of: insist('_contained', () => oneOf(given, '_contained', ['false', 'true', 'both'])) ?? 'false',
      type: insist('_containedType', () => oneOf(given, '_containedType', ['container', 'contained'])) ?? 'container',
    },
    display: insist('_display', () => oneOf(given, '_display', ['false', 'true'])) === 'true',
    explain: insist('_explain', () => oneOf(given, '_explain', ['false', 'true'])) === 'true',
    ...(page === undefined ? {} : { page }),
  }
}

const largest = 2 ** 31 - 1 // of a FHIR integer

function number(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,10}$/.test(text) && Number(text) >= least && Number(text) <= largest) return Number(text)
  throw mistake('value', `${name} '${shown(text)}': expected a whole number from ${least} to ${largest}`)
}

function subsetOf(given: ReadonlyMap<string, string>): Subset | undefined {
  if (!given.has('_summary') && !given.has('_elements')) return undefined
  const named = [...given].filter(([name]) => name === '_summary' || name === '_elements')
  return parseSubset(new URLSearchParams(named))
}

/** Where only the number is asked for, nothing but the exact one will do. */
function totalOf(given: ReadonlyMap<string, string>, countOnly: boolean): Query['total'] | undefined {
  const total = oneOf(given, '_total', ['none', 'estimate', 'accurate'])
  return countOnly ? 'accurate' : total
}

function oneOf<T extends string>(given: ReadonlyMap<string, string>, name: string, known: readonly T[]): T | undefined {
  const text = given.get(name)
  const value = known.find(it => it === text)
  if (text === undefined || value !== undefined) return value
  throw mistake('value', `${name} '${shown(text)}': expected one of ${known.join(', ')}`)
}
