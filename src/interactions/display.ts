/**
 * `_display=true`, a parameter of our own for reads and searches: codings without a display are shown with what their code system
 * calls them, in the client's language. Nothing of it is stored. https://hl7.org/fhir/R4/datatypes-definitions.html#Coding.display
 */
import { fail, parameterAt } from '../fhir/issue.ts'
import { parseJson, printJson } from '../fhir/json.ts'
import { isObject, isResource, type Json, type JsonObject, type Resource } from '../fhir/resource.ts'
import type { Shapes } from '../fhir/shape.ts'
import type { Version } from '../store/port.ts'
import { textOf } from '../terminology/element.ts'
import { displayIn, type Languages, languagesIn } from '../terminology/value-set/language.ts'
import type { Terminology } from '../terminology/value-set/terminology.ts'
import type { Context, FhirRequest } from './interaction.ts'

type Needs = Pick<Context, 'shapes' | 'vocabulary'>

/** A version as a read shows it that says `_display`. */
export async function shownTo(ctx: Needs, request: FhirRequest, version: Version): Promise<Version> {
  const asked = request.query.get('_display')
  if (asked === 'false') return version
  if (asked !== 'true') throw fail('value', `_display is '${asked}'; expected true or false`, parameterAt('_display'))
  return (await displaying(ctx, request))(version)
}

export async function displaying(
  { shapes, vocabulary }: Needs,
  { headers }: Pick<FhirRequest, 'headers'>,
): Promise<(version: Version) => Version> {
  const { terminology } = (await vocabulary()).memberships
  const languages = languagesIn(headers['accept-language'] ?? '') ?? []
  const named = (coding: JsonObject): JsonObject => {
    const display = textOf(coding, 'display') ?? displayOf(coding, terminology, languages)
    return display === undefined ? coding : { ...coding, display }
  }
  return version => {
    if (version.json === undefined) return version
    const resource = parseJson(version.json) as Resource
    return { ...version, json: printJson(inEach(resource, resource.resourceType, shapes, named)) }
  }
}

function displayOf(coding: JsonObject, terminology: Terminology, languages: Languages): string | undefined {
  const [url, code] = [textOf(coding, 'system'), textOf(coding, 'code')]
  if (url === undefined || code === undefined) return undefined
  const system = terminology.codeSystem(url, textOf(coding, 'version'))
  const concept = system?.find(code)
  if (system !== undefined && concept !== undefined) return displayIn(system, concept, languages)
  const answer = system?.grammar?.check(code)
  return answer?.valid === true ? answer.display : undefined
}

/** What is made of a value of this type when every Coding in it is changed. */
function inEach(
  value: JsonObject,
  type: string,
  shapes: Shapes,
  change: (coding: JsonObject) => JsonObject,
): JsonObject {
  const elements = shapes.shape(type)?.elements
  const changed: Record<string, Json | undefined> = {}
  for (const [property, inner] of Object.entries(value)) {
    const element = elements?.get(property)
    changed[property] = element === undefined || element.primitive ? inner : inElement(inner, element.type)
  }
  return type === 'Coding' ? change(changed) : changed

  function inElement(inner: Json | undefined, of: string): Json | undefined {
    if (Array.isArray(inner)) return inner.map((item: Json) => inElement(item, of) ?? null)
    if (isResource(inner)) return inEach(inner, inner.resourceType, shapes, change)
    return isObject(inner) ? inEach(inner, of, shapes, change) : inner
  }
}
