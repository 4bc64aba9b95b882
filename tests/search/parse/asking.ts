/** A search as a client writes it → what was understood, and what was said about the rest. */
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { FhirError } from '../../../src/fhir/issue.ts'
import { searchParameters } from '../../../src/search/parameters.ts'
import { type Known, type Parsed, parseQuery } from '../../../src/search/parse/parse.ts'
import type { Ask } from '../../../src/search/query.ts'

export const definitions = loadDefinitions()

export const known: Known = {
  parameters: searchParameters(definitions),
  types: definitions.shapes.resourceTypes,
}

type Setting = Partial<{ readonly handling: 'strict' | 'lenient'; readonly known: Known; readonly among: string[] }>

/** `Patient?name=x`, `?_type=Patient`. Values stand as they are: `&` parts parameters, and nothing is encoded. */
export function ask(text: string, { handling = 'strict', known: definitions = known, among }: Setting = {}): Parsed {
  const [type = '', ...rest] = text.split('?')
  const query = rest.join('?')
  const parameters = query === '' ? [] : query.split('&').map(pair)
  const asked = { type: type === '' ? undefined : type, parameters, handling, defaultCount: 50, largestCount: 1000 }
  return parseQuery({ ...asked, ...(among ? { among } : {}) }, definitions)
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

/** What a client is told. */
export function refusals(text: string, setting: Setting = {}): readonly string[] {
  try {
    ask(text, setting)
  } catch (error) {
    if (error instanceof FhirError && error.status === 400) return error.issues.map(({ diagnostics }) => diagnostics)
    throw error
  }
  return []
}

/** What each criterion asks of the first type searched. */
export function asks(text: string): readonly string[] {
  const { query } = ask(text)
  return query.criteria.map(({ asks }) => print(asks.get(query.types[0]!)!))
}

export function print(ask: Ask): string {
  switch (ask.by) {
    case 'parameter':
      return `${ask.parameter.code}${ask.modifier === undefined ? '' : `:${ask.modifier}`} = ${ask.values.join(' or ')}`
    case 'chain': {
      const to = [...ask.to].map(([type, rest]) => `${type}: ${print(rest)}`)
      return `${ask.parameter.code} → ${to.length > 1 ? `(${to.sort().join(', ')})` : to[0]}`
    }
    case 'has':
      return `← ${ask.type}.${ask.parameter.code}, ${print(ask.asks)}`
    case 'not':
      return `not(${print(ask.of)})`
    case 'test':
      return `${ask.parameter.code} ${ask.test.op} ${ask.test.value}`
    default:
      return `(${ask.of.map(print).join(` ${ask.by} `)})`
  }
}
