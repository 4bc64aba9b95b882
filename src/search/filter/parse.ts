/** A `_filter` and the types searched → what is asked of each. https://hl7.org/fhir/R4/search_filter.html */
import type { SearchParameter } from '../parameters.ts'
import { find, type Known, listed, mistake, type Refusal, shown } from '../parse/known.ts'
import { type Name, parseName } from '../parse/name.ts'
import { resolveOne } from '../parse/resolve.ts'
import type { Ask, Asks } from '../query.ts'
import { partOf } from './additional.ts'
import { type Filter, type Path, parseFilterText } from './grammar.ts'
import type { FilterOperator } from './operators.ts'

type Test = Extract<Filter, { readonly is: 'test' }>

export function parseFilter(text: string, types: readonly string[], known: Known): Asks {
  const filter = parseFilterText(text)
  const read = reader(known)
  return new Map(
    types.map(type => {
      const ask = read(filter, type)
      if (typeof ask === 'function') throw mistake('not-supported', `_filter: ${ask()}`)
      return [type, ask]
    }),
  )
}

type Read = (filter: Filter, type: string) => Ask | Refusal

/** The same part asked of the same type is worked out once: within brackets, types branch without end. */
function reader(known: Known): Read {
  const seen = new Map<Filter | Path, Map<string, Ask | Refusal>>()

  function once(part: Filter | Path, type: string, read: () => Ask | Refusal): Ask | Refusal {
    const ofTypes = seen.get(part) ?? new Map<string, Ask | Refusal>()
    const ask = ofTypes.get(type) ?? read()
    seen.set(part, ofTypes.set(type, ask))
    return ask
  }

  const readFilter: Read = (filter, type) =>
    once(filter, type, () => {
      if (filter.is === 'test') return testOf(filter, () => readPath(filter.path, filter, type))
      if (filter.is === 'not') return inverse(readFilter(filter.of, type))
      return together(
        filter.is,
        filter.of.map(part => readFilter(part, type)),
      )
    })

  function readPath(path: Path, test: Test, type: string): Ask | Refusal {
    return once(path, type, () => {
      const { name, only } = path
      if (only === undefined) {
        const end = parseName(name)
        return resolveOne(end, type, target => leaf(end, test, target, known), known)
      }
      const within = (target: string) =>
        together('and', [readFilter(only.filter, target), readPath(only.rest, test, target)])
      return partOf(type, path, test, known) ?? resolveOne(endingIn(path.name, only.rest), type, within, known)
    })
  }

  return readFilter
}

/** The last reference of the path leads on, too. */
function endingIn(name: string, rest: Path): Name {
  const { steps, code, modifier } = parseName(name)
  const next = parseName(rest.name)
  const hop = { by: 'chain' as const, code, ...(modifier === undefined ? {} : { type: modifier }) }
  return { text: name, steps: [...steps, hop], code: next.steps[0]?.code ?? next.code }
}

function together(by: 'and' | 'or', parts: readonly (Ask | Refusal)[]): Ask | Refusal {
  const of = parts.filter(part => typeof part !== 'function')
  return parts.find(part => typeof part === 'function') ?? { by, of }
}

function inverse(of: Ask | Refusal): Ask | Refusal {
  return typeof of === 'function' ? of : { by: 'not', of }
}

/** These say something of the whole set: behind a chain its members cannot be asked one by one. */
function testOf({ op, value, path }: Test, along: () => Ask | Refusal): Ask | Refusal {
  if (op === 'ni') return inverse(along())
  if (op !== 'pr' || value === 'true') return along()
  if (value === 'false') return inverse(along())
  throw mistake('value', `_filter: ${path.name} pr '${shown(value)}': expected true or false`)
}

const numeric: readonly SearchParameter['type'][] = ['number', 'date', 'quantity']
const coded: readonly SearchParameter['type'][] = ['token']

/** https://hl7.org/fhir/R4/search_filter.html#ops: the table by type; `uri` and `composite` are not in it. */
const takes: Readonly<Record<FilterOperator, readonly SearchParameter['type'][]>> = {
  eq: ['string', 'token', 'uri', 'composite', ...numeric],
  ne: ['string', 'token', 'uri', 'composite', ...numeric],
  co: ['string', 'number', 'date'],
  sw: ['string'],
  ew: ['string'],
  gt: numeric,
  lt: numeric,
  ge: numeric,
  le: numeric,
  ap: numeric,
  sa: numeric,
  eb: numeric,
  pr: ['string', 'token', 'uri', 'reference', ...numeric],
  po: ['date'],
  ss: coded,
  sb: coded,
  in: coded,
  ni: coded,
  re: ['reference'],
}

function leaf({ text, code, modifier }: Name, { op, value }: Test, type: string, known: Known): Ask | Refusal {
  if (modifier !== undefined) return () => `${text}: a path of a _filter has no modifiers, received ':${modifier}'`
  const parameter = find(type, code, known)
  if (typeof parameter === 'function') return parameter
  if (op === 'co' && code === '_lastUpdated')
    return () => `${text}: co does not apply to an instant: expected po, ge or lt`
  if (!takes[op].includes(parameter.type))
    return () => `${text}: ${op} does not apply to a ${parameter.type}${instead(parameter.type)}`
  return { by: 'test', parameter, test: { text: `${text} ${op}`, op: op === 'ni' ? 'in' : op, value } }
}

function instead(type: SearchParameter['type']): string {
  const possible = Object.entries(takes).flatMap(([op, types]) => (types.includes(type) ? [op] : []))
  return `: expected ${listed(possible)}`
}
