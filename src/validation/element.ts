/** One property of an object: single or repeated, primitive or not, and its `_` companion. https://hl7.org/fhir/R4/json.html#primitive */
import { jsonLimits } from '../fhir/json-limits.ts'
import { isObject, type Json, type JsonObject } from '../fhir/resource.ts'
import type { ElementShape } from '../fhir/shape.ts'
import { describe, type Findings, quote, report } from './findings.ts'
import { narrativeFaults } from './narrative.ts'
import { elementId, type Primitive, primitives } from './primitive.ts'
import type { Rule } from './rules.ts'

/** Of a property's value; the object that has the property tells of its companion. */
export type Check = (value: Json, owner: JsonObject, found: Findings) => void

export type ObjectCheck = (object: JsonObject, found: Findings) => void

/** The types that elements refer to, compiled when they are first met. */
export type Types = {
  object(name: string): ObjectCheck
  rule(name: string): Rule | undefined
  readonly resource: ObjectCheck
  readonly contained: ObjectCheck
}

/** The element's name in FHIRPath: `value` for `valueQuantity`. */
export function stepOf({ name, choice }: ElementShape): string {
  return choice === undefined ? name : choice.slice(0, -'[x]'.length)
}

export function valueCheck(element: ElementShape, types: Types): Check {
  const step = stepOf(element)
  const many = element.max > 1
  if (element.type === 'xhtml') {
    return narrative(step)
  }
  if (element.primitive) {
    const primitive = primitiveOf(element)
    return many ? primitiveArray(step, element.name, primitive) : onePrimitive(step, primitive)
  }
  const compile = compilerOf(element, types)
  return many ? objectArray(step, compile) : oneObject(step, compile)
}

/** `_birthDate`: the id and extensions of a primitive. XML attributes and xhtml can have none. */
export function companionCheck(element: ElementShape, types: Types): Check | undefined {
  if (!element.primitive || element.attribute || element.type === 'xhtml') {
    return undefined
  }
  const step = stepOf(element)
  const compile: Compiler = () => types.object(element.type)
  return element.max > 1 ? companionArray(step, element.name, compile) : oneCompanion(step, element.name, compile)
}

function primitiveOf({ name, path, type, attribute }: ElementShape): Primitive {
  const primitive = name === 'id' && attribute ? elementId : primitives.get(type)
  if (primitive === undefined) {
    throw new RangeError(`${path} has the type ${type}, expected one of ${[...primitives.keys()].join(', ')}`)
  }
  return primitive
}

/** Asked when a value is there: types refer to themselves and to hundreds of others, most of which a process never meets. */
type Compiler = () => ObjectCheck

function compilerOf({ name, type }: ElementShape, types: Types): Compiler {
  if (type !== 'Resource') {
    return () => types.object(type)
  }
  return () => (name === 'contained' ? types.contained : types.resource)
}

function onePrimitive(step: string, primitive: Primitive): Check {
  return (value, _owner, found) => {
    const fault = primitive(value)
    if (fault !== undefined) {
      report(found, fault.code, fault.text, step)
    }
  }
}

function primitiveArray(step: string, name: string, primitive: Primitive): Check {
  return (value, owner, found) => {
    if (!isFilledArray(value, step, found)) {
      return
    }
    for (let i = 0; i < value.length; i++) {
      const item = value[i]
      if (item === undefined || item === null) {
        requireCompanion(owner[`_${name}`], step, name, i, found)
        continue
      }
      const fault = primitive(item)
      if (fault !== undefined) {
        report(found, fault.code, fault.text, step, i)
      }
    }
  }
}

/** "Null values are used to fill out both arrays": only where the other array has something. */
function requireCompanion(twin: Json | undefined, step: string, name: string, index: number, found: Findings): void {
  if (!Array.isArray(twin) || !isObject(twin[index])) {
    report(
      found,
      'structure',
      `found null: expected a value, or in its place something in ${quote(`_${name}`)}`,
      step,
      index,
    )
  }
}

function oneObject(step: string, compile: Compiler): Check {
  let check: ObjectCheck | undefined
  return (value, _owner, found) => {
    check ??= compile()
    found.path.push(step)
    checkObject(value, check, found)
    found.path.pop()
  }
}

function objectArray(step: string, compile: Compiler): Check {
  let check: ObjectCheck | undefined
  return (value, _owner, found) => {
    if (!isFilledArray(value, step, found)) {
      return
    }
    check ??= compile()
    for (let i = 0; i < value.length; i++) {
      found.path.push(step, i)
      checkObject(value[i] ?? null, check, found)
      leave(found)
    }
  }
}

/** An item of a list: to set the length of the path would take longer than to look at a small object. */
function leave({ path }: Findings): void {
  path.pop()
  path.pop()
}

function checkObject(value: Json, check: ObjectCheck, found: Findings): void {
  if (!isObject(value)) {
    report(
      found,
      'structure',
      `expected ${Array.isArray(value) ? 'a single object' : 'an object'}, found ${describe(value)}`,
    )
  } else if (found.path.length >= jsonLimits.depth) {
    report(found, 'structure', `found more than ${jsonLimits.depth} levels, expected no deeper nesting`)
  } else {
    check(value, found)
  }
}

function isFilledArray(value: Json, step: string, found: Findings): value is readonly Json[] {
  if (!Array.isArray(value)) {
    report(found, 'structure', `expected an array, because the element may repeat, found ${describe(value)}`, step)
    return false
  }
  if (value.length === 0) {
    report(found, 'structure', 'the array is empty: expected at least one item, or no element at all', step)
  }
  return true
}

function oneCompanion(step: string, name: string, compile: Compiler): Check {
  let check: ObjectCheck | undefined
  return (value, owner, found) => {
    check ??= compile()
    found.path.push(step)
    checkCompanion(value, owner[name] !== undefined, check, found)
    found.path.pop()
  }
}

function companionArray(step: string, name: string, compile: Compiler): Check {
  let check: ObjectCheck | undefined
  return (value, owner, found) => {
    if (!isFilledArray(value, step, found)) {
      return
    }
    check ??= compile()
    const values = owner[name]
    if (Array.isArray(values) && values.length !== value.length) {
      const lengths = `${quote(name)} has ${values.length} and ${quote(`_${name}`)} ${value.length} items`
      report(found, 'structure', `${lengths}: expected the same number, filled with null`, step)
    }
    for (let i = 0; i < value.length; i++) {
      const item = value[i] ?? null
      if (item !== null || values === undefined) {
        found.path.push(step, i)
        checkCompanion(item, Array.isArray(values) && (values[i] ?? null) !== null, check, found)
        leave(found)
      }
    }
  }
}

/** Beside a value an id is enough; in place of a value there must be an extension. */
function checkCompanion(value: Json, beside: boolean, check: ObjectCheck, found: Findings): void {
  checkObject(value, check, found)
  if (isObject(value) && value['extension'] === undefined && !(beside && value['id'] !== undefined)) {
    const expected = beside ? 'an id or extensions' : 'a value or extensions (ele-1)'
    report(found, 'structure', `the element has no content: expected ${expected}`)
  }
}

function narrative(step: string): Check {
  return (value, _owner, found) => {
    if (typeof value !== 'string') {
      report(found, 'structure', `expected a string of XHTML, found ${describe(value)}`, step)
      return
    }
    for (const { code, text } of narrativeFaults(value)) {
      report(found, code, text, step)
    }
  }
}
