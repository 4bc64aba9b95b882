/** From a resource and a search parameter's text to yes or no: written by `entriesOf`, asked by `question`, judged by `fits`. */
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { loadValueSets } from '../../../src/conformance/value-sets.ts'
import { FhirError } from '../../../src/fhir/issue.ts'
import { parseJson } from '../../../src/fhir/json.ts'
import { isResource, type JsonObject, type Resource } from '../../../src/fhir/resource.ts'
import { entriesOf } from '../../../src/search/entries.ts'
import { compileIndex } from '../../../src/search/index-values.ts'
import { type Found, fits, worldOf } from '../../../src/search/match.ts'
import type { Node } from '../../../src/search/node.ts'
import { searchParameters } from '../../../src/search/parameters.ts'
import type { Codes } from '../../../src/search/plan.ts'
import { compileQuestions, type Place } from '../../../src/search/questions/question.ts'
import { storedAmong } from '../answers.ts'

export const definitions = loadDefinitions()
export const parameters = searchParameters(definitions)
export const index = compileIndex(definitions)
const question = compileQuestions(definitions, loadValueSets())

export const base = 'https://kiln.example.org/fhir'
export const now = Date.UTC(2024, 0, 1)

export const noCodes: Codes = {
  valueSet: async () => undefined,
  hierarchy: async () => undefined,
  translations: async () => [],
  caseless: async () => false,
}

/** `world`: what can be looked up. */
export function placeIn(type: string, world: readonly Found[] = []): Place {
  return { type, base, now, stored: storedAmong(world) }
}

/** `name`: a code, with or without modifier. Values are as the parser leaves them: no commas, but escapes. */
export async function ask(
  type: string,
  name: string,
  values: readonly string[],
  codes = noCodes,
  world: readonly Found[] = [],
): Promise<Node> {
  const [code = '', modifier] = name.split(':', 2)
  const parameter = parameters.of(type).get(code)
  if (parameter === undefined) throw new Error(`${type} has no ${code}`)
  return question({ name, parameter, ...(modifier !== undefined && { modifier }), values }, placeIn(type, world), codes)
}

export function resource(type: string, body: JsonObject, id = 'x'): Resource {
  const made = { resourceType: type, id, ...body }
  if (!isResource(made)) throw new Error('no resource')
  return made
}

export function found(resource: Resource, born = 1): Found {
  const { resourceType: type, id } = resource
  return { type, id: String(id), updated: now, born, entries: entriesOf(index(resource, base)) }
}

/** Numbers keep their digits if the body is JSON text. */
export async function finds(it: Resource | string, name: string, ...values: readonly string[]): Promise<boolean> {
  const parsed = typeof it === 'string' ? parseJson(it) : it
  if (!isResource(parsed)) throw new Error('no resource')
  const node = await ask(parsed.resourceType, name, values)
  return fits(node, found(parsed), worldOf([]))
}

/** What the client is told. */
export async function refusal(type: string, name: string, ...values: readonly string[]): Promise<string> {
  try {
    await ask(type, name, values)
  } catch (error) {
    if (error instanceof FhirError && error.status === 400) return error.message
    throw error
  }
  return ''
}
