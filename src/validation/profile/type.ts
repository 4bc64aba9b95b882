/** What a type's own definition asks of its values, beyond the form that the structural check has proven. */
import { isObject, isResource, type Json, type JsonObject } from '../../fhir/resource.ts'
import { bindingChecks } from './binding.ts'
import { extensionCheck } from './extension.ts'
import { invariantChecks } from './invariants.ts'
import type { Part } from './part.ts'
import { profileChecks } from './profiled.ts'
import { referenceChecks } from './reference.ts'
import type { ItemCheck, Run } from './run.ts'
import { isPrimitiveType, referenced, type Scope, typeName, typesOf } from './scope.ts'
import { at, type Slot, slotsOf, stepOf } from './slot.ts'
import { valueChecks } from './value.ts'

type Member = (owner: JsonObject, run: Run) => void

type Members = ReadonlyMap<string, Member>

/** One pass over the properties that are there: a definition has many more. */
export function compileType(root: Part, scope: Scope): ItemCheck {
  const names = [root.name, ...ancestors(scope)]
  const object = objectCheck(root, names, scope)
  const rules = ownChecks(root, [root.name], scope)
  return (value, twin, type, run) => {
    for (const rule of rules) rule(value, twin, type, run)
    object(value, twin, type, run)
  }
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

function objectCheck(part: Part, contexts: readonly string[], scope: Scope): ItemCheck {
  const { library } = scope
  const extensions = part.children.has('extension') ? extensionCheck(contexts, library) : undefined
  const members = membersOf(part, scope)
  return (value, twin, _type, run) => {
    const object = isObject(value) ? value : twin
    if (object === undefined) return
    extensions?.(object, run) // first: what lies deeper changes where the run is
    for (const name in object) members.get(name)?.(object, run)
  }
}

const passedOver = new Set(['id', 'extension', 'modifierExtension'])

function membersOf(part: Part, scope: Scope): Members {
  const children = [...part.children.values()].filter(
    ({ name }) => !passedOver.has(name) && !(name === 'value' && isPrimitiveType(part.name)),
  )
  return new Map(
    children.flatMap(child => slotsOf(child, typesOf(child)).each.flatMap(slot => [...memberOf(child, slot, scope)])),
  )
}

/** By the names under which it may stand: a primitive that nothing is asked of has at most extensions to be looked at. */
function memberOf(part: Part, slot: Slot, scope: Scope): Members {
  const { name, twin, type } = slot
  const own = ownChecks(part, [type], scope)
  const check = together([...own, ...contentChecks(part, type, scope)])
  const members = new Map<string, Member>()
  if (check === undefined) return members
  const place = { ...slot, step: stepOf(part), path: part.definition.path, check }
  const isAsked = twin === undefined || own.length > 0
  if (isAsked) members.set(name, (owner, run) => each(owner, place, run))
  if (twin !== undefined) {
    members.set(twin, (owner, run) => {
      if (!isAsked || owner[name] === undefined) each(owner, place, run)
    })
  }
  return members
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
  const check = scope.library.type(type)
  return [isPrimitiveType(type) ? ofTwin(check) : check]
}

/** The type of a primitive asks something only of its extensions: the structural check has read the value. */
function ofTwin(check: ItemCheck): ItemCheck {
  return (value, twin, type, run) => {
    if (twin !== undefined) check(value, twin, type, run)
  }
}

function partCheck(part: Part, scope: Scope): ItemCheck {
  const known = scope.compiled.get(part)
  if (known !== undefined) return known
  const contexts = [part.definition.path, ...(part.definition.type ?? []).map(typeName), 'Element']
  const check = objectCheck(part, contexts, scope)
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

function together(checks: readonly ItemCheck[]): ItemCheck | undefined {
  if (checks.length <= 1) return checks[0]
  return (value, twin, type, run) => {
    for (const check of checks) check(value, twin, type, run)
  }
}

type Place = Slot & { readonly step: string; readonly path: string; readonly check: ItemCheck }

function each(owner: JsonObject, { name, twin, type, step, path: element, check }: Place, run: Run): void {
  const { path } = run.found
  const value = owner[name]
  const beside = twin === undefined ? undefined : owner[twin]
  path.push(step)
  if (Array.isArray(value) || Array.isArray(beside)) {
    const length = Math.max(Array.isArray(value) ? value.length : 0, Array.isArray(beside) ? beside.length : 0)
    for (let index = 0; index < length; index++) {
      path.push(index)
      run.element = element
      check(at(value, index), objectAt(at(beside, index)), type, run)
      path.pop()
    }
  } else {
    run.element = element
    check(value ?? undefined, objectAt(beside), type, run)
  }
  path.pop()
}

function objectAt(twin: Json | undefined): JsonObject | undefined {
  return isObject(twin) ? twin : undefined
}
