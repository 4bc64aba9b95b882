/** The concepts of a CodeSystem resource as a list, nested or not. https://hl7.org/fhir/R4/codesystem.html#hierarchy */
import { error, type Issue } from '../../fhir/issue.ts'
import { isObject, type JsonObject } from '../../fhir/resource.ts'
import { type CodeSystemFacts, codeKey, type PropertyValue } from '../code-system.ts'
import type { Concept } from '../concept-set.ts'
import { anyValueOf, isNumber, objectOf, objectsOf, textOf } from '../element.ts'

export type ConceptList = {
  /** The elements `concept`, parents before their children, in the order of the resource. */
  readonly elements: readonly JsonObject[]
  readonly codes: readonly string[]
  find(code: string): Concept | undefined
  /** By concept, as nesting and properties tell it; may have cycles. */
  readonly parents: readonly (readonly Concept[])[]
}

/** The codes by which a code system calls the properties that FHIR knows. https://hl7.org/fhir/R4/codesystem-concept-properties.html */
export function namesOf(facts: CodeSystemFacts, name: string, ...others: readonly string[]): ReadonlySet<string> {
  const uri = `http://hl7.org/fhir/concept-properties#${name}`
  const said = facts.properties.filter(property => property.uri === uri).map(property => property.code)
  return new Set([name, ...others, ...said])
}

type Report = (issue: Issue) => void

export function conceptListOf(resource: JsonObject, facts: CodeSystemFacts, report: Report): ConceptList {
  const key = (code: string): string => codeKey(code, facts)
  const elements: JsonObject[] = []
  const codes: string[] = []
  const parents: Concept[][] = []
  const index = new Map<string, Concept>()
  const place = (code: string, element: JsonObject): Concept => {
    const concept = elements.length
    index.set(key(code), concept)
    elements.push(element)
    codes.push(code)
    parents.push([])
    return concept
  }
  const add = (element: JsonObject, above: Concept | undefined, path: string): void => {
    const code = textOf(element, 'code') ?? ''
    if (code === '') {
      report(error('required', 'a concept has no code', `${path}.code`))
      return
    }
    const known = index.get(key(code))
    if (known !== undefined) report(error('invalid', `code '${code}' is defined more than once`, `${path}.code`))
    const concept = known ?? place(code, element)
    if (above !== undefined && above !== concept) link(parents, concept, above)
    for (const [at, child] of objectsOf(element, 'concept').entries()) add(child, concept, `${path}.concept[${at}]`)
  }
  for (const [at, element] of objectsOf(resource, 'concept').entries()) {
    add(element, undefined, `CodeSystem.concept[${at}]`)
  }
  const list = { elements, codes, find: (code: string) => index.get(key(code)) }
  addLinks(list, parents, facts, report)
  return { ...list, parents: parents.map(once) }
}

function link(parents: readonly Concept[][], below: Concept, above: Concept): void {
  parents[below]?.push(above)
}

/** Each once, at its first place: a link may be told by nesting and by properties of both its ends. */
function once(parents: readonly Concept[]): readonly Concept[] {
  return parents.length < 2 ? parents : [...new Set(parents)]
}

/** Links that properties tell: `parent` and `subsumedBy` upward, `child` downward. */
function addLinks(
  { elements, codes, find }: Omit<ConceptList, 'parents'>,
  parents: readonly Concept[][],
  facts: CodeSystemFacts,
  report: Report,
): void {
  const up = namesOf(facts, 'parent', 'subsumedBy')
  const down = namesOf(facts, 'child')
  const add = (concept: Concept, property: JsonObject): void => {
    const name = textOf(property, 'code') ?? ''
    const isUp = up.has(name)
    if (!isUp && !down.has(name)) return
    const code = codeOf(anyValueOf(property)) ?? ''
    const other = find(code)
    if (other === undefined) {
      const text = `the ${name} '${code}' of '${codes[concept]}' is not a concept of the code system`
      report({ ...error('not-found', text, 'CodeSystem.concept.property'), severity: 'warning' })
    } else if (isUp) link(parents, concept, other)
    else link(parents, other, concept)
  }
  for (const [concept, element] of elements.entries()) {
    for (const property of objectsOf(element, 'property')) add(concept, property)
  }
}

function codeOf(value: ReturnType<typeof anyValueOf>): string | undefined {
  if (typeof value === 'string') return value
  return isObject(value) ? textOf(value, 'code') : undefined
}

export function propertiesOf(element: JsonObject): readonly PropertyValue[] {
  return objectsOf(element, 'property').flatMap(property => {
    const code = textOf(property, 'code')
    const value = propertyValue(property)
    return code === undefined || value === undefined ? [] : [{ code, value }]
  })
}

function propertyValue(property: JsonObject): PropertyValue['value'] | undefined {
  const value = anyValueOf(property)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (isNumber(value)) return value
  const coding = objectOf(property, 'valueCoding')
  const code = textOf(coding, 'code')
  if (code === undefined) return undefined
  const said = (name: 'system' | 'version' | 'display'): { readonly [N in typeof name]?: string } => {
    const text = textOf(coding, name)
    return text === undefined ? {} : { [name]: text }
  }
  return { ...said('system'), ...said('version'), code, ...said('display') }
}
