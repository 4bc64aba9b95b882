/** What may be asked of a history. https://hl7.org/fhir/R4/http.html#history */
import { parseDate } from '../../fhir/date.ts'
import { fail, parameterAt } from '../../fhir/issue.ts'
import { nearest } from '../../fhir/nearest.ts'

export type HistoryParameters = {
  readonly count: number
  readonly since: number | undefined
  readonly at: { readonly low: number; readonly high: number } | undefined
  readonly order: 'newest' | 'oldest'
  readonly page: string | undefined
  readonly countOnly: boolean
  /** As understood, for links: sorted, without those that only concern the form of the answer. */
  readonly canonical: string
}

const page = 50 // versions; keeps the bundle of ordinary resources below 200 KB
const largest = 1000

const own = ['_count', '_since', '_at', '_sort', '_page']
const form = ['_format', '_pretty', '_summary', '_elements']

export function parseHistory(query: URLSearchParams): HistoryParameters {
  const given = understood(query)
  const count = given.has('_count') ? number(given.get('_count') ?? '') : page
  return {
    count: Math.min(count, largest),
    since: given.has('_since') ? instant('_since', given.get('_since') ?? '').low : undefined,
    at: given.has('_at') ? instant('_at', given.get('_at') ?? '') : undefined,
    order: order(given.get('_sort')),
    page: given.get('_page'),
    countOnly: count === 0 || given.get('_summary') === 'count',
    canonical: canonical(given),
  }
}

/** Empty parameters and the cache-buster `_` are ignored; anything else must be known and be there once. */
function understood(query: URLSearchParams): Map<string, string> {
  const given = new Map<string, string>()
  for (const [name, value] of query) {
    if (name === '_' || name === '' || value === '') continue
    if (!own.includes(name) && !form.includes(name)) {
      const hint = nearest(name, [...own, ...form])
      const known = [...own.slice(0, 4), ...form].join(', ')
      throw fail(
        'not-supported',
        `a history has no parameter '${name}'${hint ? ` (did you mean '${hint}'?)` : ''}: expected ${known}`,
        parameterAt(name),
        { status: 400 },
      )
    }
    if (given.has(name)) throw fail('value', `'${name}' is given twice: expected once`, parameterAt(name))
    given.set(name, value)
  }
  return given
}

function number(text: string): number {
  if (/^\d{1,10}$/.test(text) && Number(text) < 2 ** 31) return Number(text)
  throw fail('value', `_count '${text}': expected a whole number from 0 to 2147483647`, parameterAt('_count'))
}

function instant(name: string, text: string): { low: number; high: number } {
  // In a query an unescaped + reads as a space, and zones have one.
  const date = parseDate(text.replace(' ', '+'))
  if (date) return date
  throw fail(
    'value',
    `${name} '${text}' is not a date or time: expected such as 2024-05-01 or 2024-05-01T10:00:00Z`,
    parameterAt(name),
  )
}

function order(text: string | undefined): 'newest' | 'oldest' {
  if (text === undefined || text === '-_lastUpdated' || text === 'none') return 'newest'
  if (text === '_lastUpdated') return 'oldest'
  throw fail(
    'value',
    `_sort '${text}': expected -_lastUpdated (newest first, the default) or _lastUpdated`,
    parameterAt('_sort'),
  )
}

function canonical(given: Map<string, string>): string {
  const kept = [...given]
    .filter(([name]) => name !== '_page')
    .map(
      ([name, value]) =>
        [name, name === '_count' ? String(Math.min(Number(value), largest)) : value] as [string, string],
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return new URLSearchParams(kept).toString()
}
