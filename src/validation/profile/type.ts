/** What a type's own definition asks of its values, beyond the form that the structural check has proven. */
import { isObject, isResource, type Json, type JsonObject } from '../../fhir/resource.ts'
import { bindingChecks } from './binding.ts'
import { conceptChecks } from './concept.ts'
import { type ExtensionCheck, extensionCheck } from './extension.ts'
import { invariantChecks } from './invariants.ts'
import type { Part } from './part.ts'
import { profileChecks } from './profiled.ts'
import { referenceChecks } from './reference.ts'
import type { ItemCheck, Run } from './run.ts'
import { isPrimitiveType, referenced, type Scope, typeName, typesOf } from './scope.ts'
import { at, type Slot, slotsOf, stepOf } from './slot.ts'
import { valueChecks } from './value.ts'

/** What may stand under a name. Data and not a closure each: `each` is called for every property that is there. */
type Place = Slot & {
  readonly step: string
  readonly path: string
  readonly own: readonly ItemCheck[]
  /** Of a primitive only its extensions are content: the structural check has read the value. */
  readonly content: readonly ItemCheck[]
  readonly isPrimitive: boolean
  /** It stands under the name of a twin, and is looked at together with this one where that is there. */
  readonly unless: string | undefined
}

type Members = ReadonlyMap<string, Place | 'extensions'>

/** One pass over the properties that are there: a definition has many more. */
export function compileType(root: Part, scope: Scope): ItemCheck {
  const names = [root.name, ...ancestors(scope)]
  return objectCheck(root, names, [...ownChecks(root, [root.name], scope), ...conceptChecks(root.name, scope)], scope)
}

/** `Quantity` and `Element` for an Age, by which names extensions may ask for it too. */
function ancestors({ definition, library }: Scope): readonly string[] {
  const names: string[] = []
  const seen = new Set<string>()
  let base = definition.baseDefinition
  while (base !== undefined && !seen.has(base)) {
    seen.add(base)
    const parent = library.find(base)
    if (parent !== undefined) names.push(parent.type)
    base = parent?.baseDefinition
  }
  return names
}

function objectCheck(part: Part, contexts: readonly string[], rules: readonly ItemCheck[], scope: Scope): ItemCheck {
  const checkExtensions = extensionCheck(contexts, scope.library)
  const members = membersOf(part, scope)
  return (value, twin, type, run) => {
    for (const rule of rules) rule(value, twin, type, run)
    const object = isObject(value) ? value : twin
    if (object !== undefined) checkMembers(object, members, checkExtensions, run)
  }
}

function checkMembers(object: JsonObject, members: Members, checkExtensions: ExtensionCheck, run: Run): void {
  const { element } = run
  for (const name in object) {
    const place = members.get(name)
    if (place === undefined) continue
    if (place === 'extensions') {
      run.element = element // what lies deeper changes where the run is
      checkExtensions(object, name, run)
    } else if (place.unless === undefined || object[place.unless] === undefined) {
      each(object, place, run)
    }
  }
}

const extensions = ['extension', 'modifierExtension']
const passedOver = new Set(['id', ...extensions])

function membersOf(part: Part, scope: Scope): Members {
  const children = [...part.children.values()].filter(
    ({ name }) => !passedOver.has(name) && !(name === 'value' && isPrimitiveType(part.name)),
  )
  const places = children.flatMap(child =>
    slotsOf(child, typesOf(child)).each.flatMap(slot => placesOf(child, slot, scope)),
  )
  const extended = part.children.has('extension') ? extensions.map(name => [name, 'extensions'] as const) : []
  return new Map<string, Place | 'extensions'>([...places, ...extended])
}

/** By the names under which it may stand: a primitive that nothing is asked of has at most extensions to be looked at. */
function placesOf(part: Part, slot: Slot, scope: Scope): readonly (readonly [string, Place])[] {
  const { name, twin, type } = slot
  const own = ownChecks(part, [type], scope)
  const content = contentChecks(part, type, scope)
  if (own.length === 0 && content.length === 0) return []
  const isPrimitive = twin !== undefined
  const { path } = part.definition
  const place: Place = { ...slot, step: stepOf(part), path, own, content, isPrimitive, unless: undefined }
  if (twin === undefined) return [[name, place]]
  if (own.length === 0) return [[twin, place]]
  return [
    [name, place],
    [twin, { ...place, unless: name }],
  ]
}

function ownChecks(part: Part, types: readonly string[], scope: Scope): readonly ItemCheck[] {
  return [
    ...valueChecks(part, [], scope),
    ...invariantChecks(part, types, [], scope),
    ...bindingChecks(part, [], scope),
    ...(types[0] === 'Reference' ? referenceChecks(part, [], scope) : []),
    ...profileChecks(part, types, [], scope),
  ]
}

function contentChecks(part: Part, type: string, scope: Scope): readonly ItemCheck[] {
  const { contentReference } = part.definition
  if (contentReference !== undefined) {
    const target = referenced(contentReference, part.root)
    return target === undefined ? [] : [byReference(target, scope)]
  }
  if (part.children.size > 0) return [partCheck(part, scope)]
  if (type === 'Resource') return [nestedCheck(part.name === 'contained')]
  if (type === 'xhtml') return []
  return [scope.library.type(type)]
}

function partCheck(part: Part, scope: Scope): ItemCheck {
  const known = scope.compiled.get(part)
  if (known !== undefined) return known
  const contexts = [part.definition.path, ...(part.definition.type ?? []).map(typeName), 'Element']
  const check = objectCheck(part, contexts, [], scope)
  scope.compiled.set(part, check)
  return check
}

/** Compiled when it comes by: it stands around what refers to it. */
function byReference(target: Part, scope: Scope): ItemCheck {
  let checks: readonly ItemCheck[] | undefined
  return (value, twin, type, run) => {
    checks ??= [...ownChecks(target, typesOf(target), scope), partCheck(target, scope)]
    for (const check of checks) check(value, twin, type, run)
  }
}

function nestedCheck(isContained: boolean): ItemCheck {
  return (value, _twin, _type, run) => {
    if (isResource(value)) run.nested(value, isContained, run)
  }
}

function each(owner: JsonObject, place: Place, run: Run): void {
  const { path } = run.found
  const value = owner[place.name]
  const beside = place.twin === undefined ? undefined : owner[place.twin]
  path.push(place.step)
  if (Array.isArray(value) || Array.isArray(beside)) {
    const length = Math.max(Array.isArray(value) ? value.length : 0, Array.isArray(beside) ? beside.length : 0)
    for (let index = 0; index < length; index++) {
      path.push(index)
      one(at(value, index), objectAt(at(beside, index)), place, run)
      path.pop()
    }
  } else {
    one(value ?? undefined, objectAt(beside), place, run)
  }
  path.pop()
}

function one(value: Json | undefined, twin: JsonObject | undefined, place: Place, run: Run): void {
  const { type, path, own, content, isPrimitive } = place
  run.element = path
  for (const check of own) check(value, twin, type, run)
  if (isPrimitive && twin === undefined) return
  for (const check of content) check(value, twin, type, run)
}

function objectAt(twin: Json | undefined): JsonObject | undefined {
  return isObject(twin) ? twin : undefined
}
