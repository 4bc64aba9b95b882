/** What is known of a parameter before anybody asks: its kind, and the elements that it finds in resources of one type. */
import type { ValueSets } from '../../conformance/value-sets.ts'
import { type FhirError, fail } from '../../fhir/issue.ts'
import type { Shapes } from '../../fhir/shape.ts'
import { meansOf } from '../composites.ts'
import { compileGetter, compilePart } from '../extract/extract.ts'
import type { Getter } from '../extract/getter.ts'
import { valueSetsOf } from '../extract/value-sets.ts'
import { all, and, type Node, not, or } from '../node.ts'
import type { Parameters, SearchParameter } from '../parameters.ts'
import type { Codes } from '../plan.ts'
import { simpleTypes } from '../values/simple.ts'
import { askApart, askElement, type Component } from './composite.ts'
import { lastUpdated } from './date.ts'
import { anyOf, type Kind, noModifiers, type Subject } from './kind.ts'
import { kinds } from './kinds.ts'
import { near } from './near.ts'
import { tokenPart } from './token.ts'
import { askNamed } from './uri.ts'

export type Searched = Pick<Subject, 'slot' | 'elements' | 'targets' | 'systems'> & {
  /** One of the alternatives holds; there is at least one. */
  readonly ask: (values: readonly string[], on: Subject, codes: Codes) => Node | Promise<Node>
  readonly modifiers: Kind['modifiers']
  readonly spelled?: Kind['spelled']
  /** There are values at all. */
  readonly present: Node
}

/** Of which parameter, in resources of which type. */
export type SearchedOf = (parameter: SearchParameter, type: string) => Searched

type Context = {
  readonly shapes: Shapes
  readonly parameters: Parameters
  readonly valueSets: ValueSets
  readonly searched: SearchedOf
}

export function compileSearched(shapes: Shapes, valueSets: ValueSets, parameters: Parameters): SearchedOf {
  const known = new Map<SearchParameter, Map<string, Searched>>()
  const context = { shapes, parameters, valueSets, searched }

  function searched(parameter: SearchParameter, type: string): Searched {
    const ofTypes = known.get(parameter) ?? new Map<string, Searched>()
    const found = ofTypes.get(type) ?? compile(parameter, type, context)
    known.set(parameter, ofTypes.set(type, found))
    return found
  }

  return searched
}

function compile(parameter: SearchParameter, type: string, context: Context): Searched {
  const { code, expression } = parameter
  const plain = { slot: code, elements: [], targets: [], modifiers: noModifiers, present: all }
  if (code === '_id') return { ...plain, ask: ids, modifiers: () => ({ not: (values, on) => not(ids(values, on)) }) }
  if (code === '_lastUpdated') return { ...plain, ask: lastUpdated }
  if (expression === undefined) return { ...plain, ask: refuse }
  if (parameter.type === 'special') {
    const present: Node = { is: 'present', slots: [`${code}$latitude`] }
    return { ...plain, ask: (values, on) => or(values.map(text => near(text, on))), present }
  }
  if (parameter.type === 'composite') return { ...plain, ...compileComposite(parameter, type, context) }
  const kind = kinds[parameter.type]
  const { shapes } = context
  return {
    ...knownOf(code, parameter, compileGetter(expression, { type, resourceType: type, shapes }), shapes),
    ...(parameter.type === 'token' && systemsOf(expression, type, context)),
    ask: isName(parameter, type, context) ? askNamed : (values, on) => anyOf(values.map(text => kind.part(text, on))),
    modifiers: kind.modifiers,
    spelled: kind.spelled,
    present: { is: 'present', slots: kind.slots(code) },
  }
}

/** "The system is defined in the value set": of a code, it cannot be another one. */
function systemsOf(expression: string, type: string, { shapes, valueSets }: Context): Pick<Subject, 'systems'> {
  const codes = valueSetsOf(expression, { type, resourceType: type, shapes })?.map(url => valueSets.codesOf(url))
  return codes?.every(of => of?.complete === true) ? { systems: codes.flatMap(of => of?.systems ?? []) } : {}
}

/** The canonical URL of a resource that has versions. */
function isName({ code, type }: SearchParameter, resourceType: string, { parameters }: Context): boolean {
  return code === 'url' && type === 'uri' && parameters.of(resourceType).get('version')?.type === 'token'
}

type Composite = Pick<Searched, 'ask' | 'present'>

function compileComposite(parameter: SearchParameter, type: string, context: Context): Composite {
  const means = meansOf(parameter, { ...context, type })
  switch (means.by) {
    case 'union':
      return unionOf(means.of.map(other => context.searched(other, type)))
    case 'twins': {
      const twins = means.of.map(twin => ({ kind: kindOf(twin), ...context.searched(twin, type) }))
      return together(twins, means.beyond.length > 0 ? not({ is: 'present', slots: [`${parameter.code}!`] }) : all)
    }
    default:
      return inElements(
        (parameter.component ?? []).map((part, index) => componentOf(part, index, parameter, type, context)),
      )
  }
}

function unionOf(parts: readonly Searched[]): Composite {
  return {
    ask: async (values, on, codes) => or(await Promise.all(parts.map(part => part.ask(values, on, codes)))),
    present: or(parts.map(part => part.present)),
  }
}

/** `counts`: what the twins have is what the composite asks. */
function together(twins: readonly (Component & Searched)[], counts: Node): Composite {
  return {
    ask: async (values, on, codes) => {
      const asked = await Promise.all(values.map(text => askApart(text, twins, on, codes)))
      return and([or(asked), counts])
    },
    present: and([...twins.map(({ present }) => present), counts]),
  }
}

/** No element is without one of its components, so the first tells whether there are any. */
function inElements(components: readonly Component[]): Composite {
  return {
    ask: async (values, on, codes) => {
      return or(await Promise.all(values.map(text => askElement(text, components, on, codes))))
    },
    present: { is: 'present', slots: components.slice(0, 1).flatMap(({ kind, slot }) => kind.slots(slot)) },
  }
}

type Part = NonNullable<SearchParameter['component']>[number]

function componentOf(
  { definition, expression }: Part,
  index: number,
  { code, expression: places = '' }: SearchParameter,
  type: string,
  { shapes, parameters }: Context,
): Component {
  const parameter = parameters.at(definition)
  if (parameter === undefined) throw unfit(`${code}: its component ${definition} is not known`)
  const { types: ofPlaces = [] } = compileGetter(places, { type, resourceType: type, shapes })
  const types = ofPlaces.flatMap(
    place => compilePart(expression, { type: place, resourceType: type, shapes }).types ?? [],
  )
  return { kind: kindOf(parameter), ...knownOf(`${code}$${index}`, parameter, { types }, shapes) }
}

function knownOf(
  slot: string,
  { type, target = [] }: SearchParameter,
  { types }: Pick<Getter, 'types'>,
  { resourceTypes }: Shapes,
): Pick<Subject, 'slot' | 'elements' | 'targets'> {
  const extractors = type === 'composite' ? {} : simpleTypes[type].extract
  return {
    slot,
    elements: types?.filter(of => Object.hasOwn(extractors, of)),
    targets: target.length > 0 ? target : resourceTypes,
  }
}

function kindOf({ code, type }: SearchParameter): Kind {
  if (type !== 'composite' && type !== 'special') return kinds[type]
  throw unfit(`${code} (${type}) is no component of a composite`)
}

function refuse(_values: readonly string[], { name }: Subject): never {
  throw unfit(`${name}: this server does not search by it`)
}

function unfit(text: string): FhirError {
  return fail('not-supported', text, undefined, { status: 400 })
}

/** A version knows its own id, and has no entry for it. `system|` asks for any. */
function ids(values: readonly string[], on: Subject): Node {
  const parts = values.map(text => tokenPart(text, { ...on, elements: ['id'] }))
  const texts = parts.flatMap(part => (part.is === 'term' ? part.texts : []))
  return parts.some(({ is }) => is === 'prefix') ? all : { is: 'id', ids: [...new Set(texts)] }
}
