/**
 * Valid instances of every type, made from its definition: cardinality, types, required codes, targets of references, where
 * extensions may stand; and from `kept-rules.ts` what R4's invariants say. The same seed gives the same instance.
 */
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import type { ElementDefinition } from '../../../src/conformance/structure-definition.ts'
import type { Json, JsonObject, Resource } from '../../../src/fhir/resource.ts'
import type { ElementShape, Shape } from '../../../src/fhir/shape.ts'
import type { Random } from '../../faults/random.ts'
import { bundle } from './bundle.ts'
import type { Draft, Members } from './draft.ts'
import { keptRules } from './kept-rules.ts'
import { codesRequiredBy, elementAt, type Simple, simpleExtensions } from './known.ts'
import { divs, good } from './primitives.ts'

export type Size = 'small' | 'medium'

const { shapes } = loadDefinitions()

/** One in so many optional elements is there, at the first level; half as many on each further one. */
const odds: Readonly<Record<Size, number>> = { small: 0.15, medium: 0.4 }
const deepest = 6

/** What the making of an instance goes by. */
type Maker = {
  readonly random: Random
  readonly size: Size
  /** Ids of elements are unique within it. */
  ids: number
  /** The innermost resource, by which references and extensions are judged. */
  readonly type: string
}

const byContext = Map.groupBy(
  simpleExtensions().flatMap(extension => extension.contexts.map(context => ({ context, extension }))),
  ({ context }) => context,
)

export function instance(type: string, random: Random, size: Size = 'small'): Resource {
  const maker: Maker = { random, size, ids: 0, type }
  const resource = resourceOf(type, maker, 0)
  return happens(maker, 0.15) ? withContained(resource, maker) : resource
}

function resourceOf(type: string, maker: Maker, depth: number): Resource {
  const within = { ...maker, type }
  if (type === 'Bundle') return bundle(maker.random, entry => resourceOf(entry, within, depth + 2))
  return { resourceType: type, ...object(type, within, depth) }
}

function happens({ random }: Maker, chance: number): boolean {
  return random.next() < chance
}

function object(type: string, maker: Maker, depth: number): Members {
  const shape = shapeOf(type)
  const members: Members = {}
  const draft = draftOf(members, shape, maker, depth)
  for (const group of groupsOf(shape).filter(group => isWanted(group, type, maker, depth))) {
    if (isElementId(group)) members['id'] = `e${maker.ids++}`
    else makeOne(members, group, maker, depth)
  }
  keptRules[type]?.(draft)
  if (shape.kind === 'resource') return members
  if (isEmpty(members)) fillIn(members, shape, maker, depth)
  keptRules[type]?.(draft)
  if (isEmpty(members)) members['extension'] = [extension(maker, depth)]
  return members
}

/** What is mandatory, and of the others some, fewer of them further down. */
function isWanted(group: readonly ElementShape[], type: string, maker: Maker, depth: number): boolean {
  const [{ min, name } = { min: 0, name: '' }] = group
  if (min > 0) return true
  if (name === 'contained' || (name === 'extension' && type === 'Extension')) return false
  const isIn = happens(maker, odds[maker.size] / (depth + 1) ** (depth > 2 ? 2 : 1))
  return isIn && (depth < deepest || isElementId(group))
}

function isElementId([first]: readonly ElementShape[]): boolean {
  return first?.name === 'id' && first.attribute
}

function isEmpty(members: Members): boolean {
  return !Object.keys(members).some(name => name !== 'id')
}

function shapeOf(type: string): Shape {
  const shape = shapes.shape(type)
  if (shape === undefined) throw new Error(`no shape ${type}`)
  return shape
}

/** An element with all its types. */
function groupsOf(shape: Shape): readonly (readonly ElementShape[])[] {
  return [...Map.groupBy(shape.elements.values(), element => element.choice ?? element.name).values()]
}

/** ele-1: something besides the id. */
function fillIn(members: Members, shape: Shape, maker: Maker, depth: number): void {
  const groups = groupsOf(shape).filter(([first]) => first && !everywhere.has(first.name))
  const easy = groups.filter(group => group.some(({ primitive }) => primitive))
  const fitting = easy.length > 0 || depth >= deepest ? easy : groups
  if (fitting.length === 0) members['extension'] = [extension(maker, depth)]
  else makeOne(members, maker.random.pick(fitting), maker, depth)
}

/** What every element can have. */
const everywhere = new Set(['id', 'extension', 'modifierExtension'])

function draftOf(members: Members, shape: Shape, maker: Maker, depth: number): Draft {
  const named = (element: string) =>
    [...shape.elements.values()].filter(({ name, choice }) => (choice ?? name) === element)
  return {
    members,
    random: maker.random,
    has: (...elements) =>
      elements.flatMap(named).some(({ name }) => members[name] !== undefined || members[`_${name}`] !== undefined),
    drop(...elements) {
      for (const { name } of elements.flatMap(named)) {
        delete members[name]
        delete members[`_${name}`]
      }
    },
    make(element) {
      const group = named(element)
      const isThere = group.some(({ name }) => members[name] !== undefined)
      if (!isThere) makeOne(members, group, maker, depth, 0)
    },
    put(element, value) {
      members[element] = value
    },
  }
}

function makeOne(members: Members, group: readonly ElementShape[], maker: Maker, depth: number, extended = 0.06): void {
  const types = depth < deepest - 2 ? group : group.filter(({ primitive }) => primitive)
  const element = maker.random.pick(types.length > 0 ? types : group)
  const definition = elementAt(element.path)
  const many = element.max > 1 ? Math.min(1 + maker.random.below(maker.size === 'small' ? 2 : 3), element.max) : 1
  if (element.primitive && element.type !== 'xhtml' && !element.attribute) {
    const items = Array.from({ length: many }, () => primitiveItem(element, definition, maker, depth, extended))
    addPrimitives(members, element, items)
    return
  }
  const items = Array.from({ length: many }, () => value(element, definition, maker, depth))
  members[element.name] = element.max > 1 ? items : (items[0] as Json)
}

type Item = { readonly value: Json | undefined; readonly twin: JsonObject | undefined }

function primitiveItem(
  element: ElementShape,
  definition: ElementDefinition | undefined,
  maker: Maker,
  depth: number,
  extended: number,
): Item {
  const twin = depth < deepest && happens(maker, extended) ? twinOf(maker, depth) : undefined
  const isAlone = twin?.['extension'] !== undefined && happens(maker, 0.3)
  return { value: isAlone ? undefined : primitive(element, definition, maker), twin }
}

function twinOf(maker: Maker, depth: number): JsonObject {
  const id = `e${maker.ids++}`
  return happens(maker, 0.3) ? { id } : { extension: [extension(maker, depth)] }
}

function addPrimitives(members: Members, { name, max }: ElementShape, items: readonly Item[]): void {
  const values = items.map(({ value }) => value ?? null)
  const twins = items.map(({ twin }) => twin ?? null)
  if (values.some(item => item !== null)) members[name] = max > 1 ? values : (values[0] as Json)
  if (twins.some(item => item !== null)) members[`_${name}`] = max > 1 ? twins : (twins[0] as Json)
}

function primitive({ type, path }: ElementShape, definition: ElementDefinition | undefined, { random }: Maker): Json {
  const codes = definition === undefined ? [] : codesRequiredBy(definition)
  if (codes.length > 0) return random.pick(codes).code
  if (path === 'Extension.url') return 'http://example.org/extension'
  return random.pick(good[type] ?? ['x'])
}

function value(element: ElementShape, definition: ElementDefinition | undefined, maker: Maker, depth: number): Json {
  const { type, name, path } = element
  if (type === 'xhtml') return maker.random.pick(divs)
  if (element.primitive) return primitive(element, definition, maker)
  if (type === 'Resource') return resourceOf(maker.random.pick(['Basic', 'Patient', 'Observation']), maker, 3)
  if (type === 'Extension')
    return extensionAt(path.slice(0, -name.length - 1), name === 'modifierExtension', maker, depth)
  if (type === 'Reference') return reference(element.targets ?? [], maker)
  const codes = definition === undefined ? [] : codesRequiredBy(definition)
  if (codes.length > 0 && type === 'CodeableConcept') return { coding: [{ ...maker.random.pick(codes) }], text: 'x' }
  if (codes.length > 0 && type === 'Coding') return { ...maker.random.pick(codes) }
  const made = object(type, maker, depth + 1)
  const isSimple = type === 'Quantity' && definition?.type?.some(({ profile }) => profile !== undefined)
  return isSimple ? { value: 1, ...withoutComparator(made) } : made
}

/** https://hl7.org/fhir/R4/datatypes.html#SimpleQuantity */
function withoutComparator({ comparator: _value, _comparator: _twin, ...quantity }: Members): Members {
  return quantity
}

const anyTarget = ['Patient', 'Organization', 'Observation', 'Basic']

function reference(targets: readonly string[], { random }: Maker): JsonObject {
  const type = random.pick(targets.length > 0 && !targets.includes('Resource') ? targets : anyTarget)
  const id = `r${random.below(100)}`
  return random.pick<JsonObject>([
    { reference: `${type}/${id}` },
    { reference: `${type}/${id}/_history/2`, display: 'x' },
    { reference: `http://example.org/fhir/${type}/${id}`, type },
    { reference: 'urn:uuid:c757873d-ec9a-4326-a141-556f43239520', type },
    { type, identifier: { system: 'http://example.org/ids', value: id } },
    { display: 'somebody' },
  ])
}

/** One that belongs here, or one that nobody knows. */
function extensionAt(path: string, isModifier: boolean, maker: Maker, depth: number): JsonObject {
  const contexts = [path, ...(path === maker.type ? ['DomainResource'] : ['Element'])]
  const fitting = contexts
    .flatMap(context => byContext.get(context) ?? [])
    .filter(({ extension }) => extension.isModifier === isModifier)
  return fitting.length > 0 && happens(maker, 0.5)
    ? knownExtension(maker.random.pick(fitting).extension, maker, depth)
    : extension(maker, depth)
}

function knownExtension({ url, value: definition }: Simple, maker: Maker, depth: number): JsonObject {
  const [type] = definition.type ?? []
  const name = `value${type?.code.charAt(0).toUpperCase()}${type?.code.slice(1)}`
  const shape = shapeOf('Extension').elements.get(name)
  if (shape === undefined) return extension(maker, depth)
  const targets = (type?.targetProfile ?? []).map(profile => profile.slice(profile.lastIndexOf('/') + 1))
  const known = targets.filter(target => shapes.shape(target)?.kind === 'resource')
  const element = type?.code === 'Reference' && known.length === targets.length ? { ...shape, targets: known } : shape
  if (type?.code === 'Reference' && known.length < targets.length) return { url, valueReference: { display: 'x' } }
  return { url, [name]: value(element, definition, maker, depth + 1) }
}

function extension(maker: Maker, depth: number): JsonObject {
  const url = `http://example.org/extension/${maker.random.below(9)}`
  if (depth < deepest && happens(maker, 0.15)) {
    return { url, extension: [{ url: 'part', valueCode: 'x' }, extension(maker, depth + 2)] }
  }
  const members: Members = { url }
  const values = groupsOf(shapeOf('Extension')).find(([first]) => first?.choice === 'value[x]') ?? []
  const easy = depth < 3 ? values : values.filter(({ primitive }) => primitive)
  makeOne(members, easy, maker, depth + 2, 0)
  return members
}

/** dom-3: something refers to it, here an extension. */
function withContained(resource: Resource, maker: Maker): Resource {
  const shape = shapeOf(resource.resourceType)
  if (!shape.elements.has('contained')) return resource
  const contained = ['c1', 'c2'].slice(0, 1 + maker.random.below(2)).map(id => {
    const { meta: _meta, ...made } = resourceOf(maker.random.pick(['Basic', 'Patient', 'Organization']), maker, 2)
    return { ...made, id }
  })
  const referring = contained.map(({ id }) => ({
    url: 'http://example.org/see',
    valueReference: { reference: `#${id}` },
  }))
  const { extension: others = [] } = resource
  return { ...resource, contained, extension: [...(others as readonly Json[]), ...referring] } as Resource
}
