/** What stands below what in a stored CodeSystem. https://hl7.org/fhir/R4/codesystem.html#hierarchy */
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import { listOf, textOf } from '../../search/values/member.ts'

type Edges = ReadonlyMap<string, readonly string[]>

export type Hierarchy = { readonly codes: ReadonlySet<string>; readonly children: Edges; readonly parents: Edges }

type Pair = { readonly parent: string; readonly child: string }
type Concept = { readonly code: string; readonly above: string | undefined; readonly json: JsonObject }

/** Concepts stand below the one that they are nested in, and below those that they name as their parents. */
export function hierarchy(codeSystem: JsonObject): Hierarchy {
  const [isParent, isChild] = [namesOf(codeSystem, 'parent'), namesOf(codeSystem, 'child')]
  const concepts = [...conceptsIn(codeSystem['concept'], undefined)]
  const pairs = concepts.flatMap(({ code, above, json }): readonly Pair[] => [
    ...(above === undefined ? [] : [{ parent: above, child: code }]),
    ...propertiesOf(json, isParent).map(parent => ({ parent, child: code })),
    ...propertiesOf(json, isChild).map(child => ({ parent: code, child })),
  ])
  const codes = new Set(concepts.map(({ code }) => code))
  return { codes, children: edges(pairs, 'parent', 'child'), parents: edges(pairs, 'child', 'parent') }
}

function* conceptsIn(concepts: Json | undefined, above: string | undefined): Generator<Concept> {
  for (const json of objects(concepts)) {
    const code = textOf(json['code'])
    if (code === undefined) continue
    yield { code, above, json }
    yield* conceptsIn(json['concept'], code)
  }
}

/** What the code system calls the property: by its own declaration, or plainly. */
function namesOf(codeSystem: JsonObject, what: 'parent' | 'child'): ReadonlySet<string> {
  const uri = `http://hl7.org/fhir/concept-properties#${what}`
  const declared = objects(codeSystem['property']).filter(property => property['uri'] === uri)
  return new Set([what, ...declared.flatMap(({ code }) => textOf(code) ?? [])])
}

function propertiesOf(concept: JsonObject, names: ReadonlySet<string>): readonly string[] {
  const properties = objects(concept['property']).filter(({ code }) => names.has(textOf(code) ?? ''))
  return properties.flatMap(({ valueCode }) => textOf(valueCode) ?? [])
}

function edges(pairs: readonly Pair[], from: keyof Pair, to: keyof Pair): Edges {
  const grouped = Map.groupBy(pairs, pair => pair[from])
  return new Map([...grouped].map(([code, of]) => [code, of.map(pair => pair[to])]))
}

/** The code and all that is reached from it; circles end. */
export function closure(edges: Edges, code: string): ReadonlySet<string> {
  const found = new Set([code])
  for (const next of found) for (const other of edges.get(next) ?? []) found.add(other)
  return found
}

/** `concept is-a X` and the like; `undefined`: a filter that is not known here. */
export function filtered({ children, parents }: Hierarchy, filter: JsonObject): ReadonlySet<string> | undefined {
  const value = textOf(filter['value'])
  if (value === undefined || filter['property'] !== 'concept') return undefined
  switch (filter['op']) {
    case 'is-a':
      return closure(children, value)
    case 'descendent-of':
      return new Set([...closure(children, value)].filter(code => code !== value))
    case 'generalizes':
      return closure(parents, value)
    default:
      return undefined
  }
}

export function objects(value: Json | undefined): readonly JsonObject[] {
  return listOf(value).filter(isObject)
}
