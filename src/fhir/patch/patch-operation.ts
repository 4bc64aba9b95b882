/** The Parameters resource of a FHIRPath Patch → operations. https://hl7.org/fhir/R4/fhirpatch.html */
import { type FhirError, fail } from '../issue.ts'
import type { Element } from '../path/element.ts'
import { isObject, type Json, type JsonObject, type Resource } from '../resource.ts'

type Common = {
  /** FHIRPath of the parameter that says so, for errors. */
  readonly at: string
  readonly path: string
}

export type PatchOperation = Common &
  (
    | { readonly type: 'add'; readonly name: string; readonly value: Value }
    | { readonly type: 'insert'; readonly value: Value; readonly index: number }
    | { readonly type: 'delete' }
    | { readonly type: 'replace'; readonly value: Value }
    | { readonly type: 'move'; readonly source: number; readonly destination: number }
  )

/** What is to be put in. Elements whose type has no name (`Patient.contact`) come as nested parts, of which each is like an `add`. */
export type Value = { readonly at: string } & (
  | { readonly is: 'typed'; readonly type: string; readonly element: Element }
  | { readonly is: 'parts'; readonly parts: readonly { readonly name: string; readonly value: Value }[] }
)

const partsOf = {
  add: ['path', 'name', 'value'],
  insert: ['path', 'value', 'index'],
  delete: ['path'],
  replace: ['path', 'value'],
  move: ['path', 'source', 'destination'],
} as const

/** An operation may evaluate FHIRPath for a quarter of a second. */
export const maxOperations = 100

export function parseOperations(parameters: Resource): readonly PatchOperation[] {
  const list = listIn(parameters, 'parameter', 'Parameters')
  if (list.length > maxOperations) {
    throw fail('too-costly', `the patch has ${list.length} operations, at most ${maxOperations} are allowed`)
  }
  return list.map(({ object, at }) => {
    if (object['name'] !== 'operation') {
      throw malformed(`expected is the name 'operation', received is ${print(object['name'])}`, `${at}.name`)
    }
    return parseOperation(object, at)
  })
}

function parseOperation(parameter: JsonObject, at: string): PatchOperation {
  const parts = new Map<string, Part>()
  for (const part of listIn(parameter, 'part', at)) {
    const name = nameIn(part)
    if (parts.has(name)) throw malformed(`the part '${name}' comes twice`, part.at)
    parts.set(name, part)
  }
  const type = parts.get('type')
  const written = type && textIn(type)
  if (type === undefined || !isType(written)) {
    const received = type === undefined ? 'no such part' : print(written)
    throw malformed(
      `expected is a part 'type' of add, insert, delete, replace or move, received is ${received}`,
      type?.at ?? at,
    )
  }
  const foreign = [...parts].find(
    ([name]) => name !== 'type' && !(partsOf[written] as readonly string[]).includes(name),
  )
  if (foreign) throw malformed(`the operation '${written}' takes no part '${foreign[0]}'`, foreign[1].at)
  const need = (name: string): Part => {
    const part = parts.get(name)
    if (part === undefined) throw malformed(`the operation '${written}' lacks the part '${name}'`, at)
    return part
  }
  return operationOf(written, need, at)
}

function operationOf(type: keyof typeof partsOf, need: (name: string) => Part, at: string): PatchOperation {
  const common = { at, path: textIn(need('path')) }
  switch (type) {
    case 'add':
      return { type, ...common, name: textIn(need('name')), value: valueIn(need('value')) }
    case 'insert':
      return { type, ...common, value: valueIn(need('value')), index: placeIn(need('index')) }
    case 'delete':
      return { type, ...common }
    case 'replace':
      return { type, ...common, value: valueIn(need('value')) }
    case 'move':
      return { type, ...common, source: placeIn(need('source')), destination: placeIn(need('destination')) }
  }
}

function isType(text: string | undefined): text is keyof typeof partsOf {
  return text !== undefined && Object.hasOwn(partsOf, text)
}

type Part = { readonly object: JsonObject; readonly at: string }

function listIn(parent: JsonObject, name: 'parameter' | 'part', above: string): readonly Part[] {
  const list = parent[name] ?? []
  if (!Array.isArray(list)) throw malformed('expected is a list', `${above}.${name}`)
  return (list as readonly Json[]).map((object, i) => {
    const at = `${above}.${name}[${i}]`
    if (!isObject(object)) throw malformed(`expected is an object, received is ${print(object)}`, at)
    return { object, at }
  })
}

function nameIn({ object, at }: Part): string {
  const name = object['name']
  if (typeof name !== 'string' || name === '')
    throw malformed(`expected is a name, received is ${print(name)}`, `${at}.name`)
  return name
}

function textIn(part: Part): string {
  const value = valueIn(part)
  const text = value.is === 'typed' ? value.element.value : undefined
  if (typeof text !== 'string') throw malformed(`expected is a string, received is ${print(text)}`, part.at)
  return text
}

function placeIn(part: Part): number {
  const value = valueIn(part)
  const place = value.is === 'typed' ? value.element.value : undefined
  if (typeof place !== 'number' || !Number.isInteger(place) || place < 0) {
    throw malformed(`expected is a valueInteger from 0, received is ${print(place)}`, part.at)
  }
  return place
}

/** `value[x]`, or `part`, or `resource`: exactly one of them. */
function valueIn(part: Part): Value {
  const { object, at } = part
  const forms = new Set(Object.keys(object).map(name => name.replace(/^_(?=value)/, '')))
  const [form, second] = [...forms].filter(name => /^value[A-Z]|^part$|^resource$/.test(name))
  if (form === undefined) throw malformed('expected is a value[x], a resource or parts, received is none of them', at)
  if (second !== undefined) throw malformed(`expected is one value, received are '${form}' and '${second}'`, at)
  if (form === 'part') {
    const parts = listIn(object, 'part', at).map(inner => ({ name: nameIn(inner), value: valueIn(inner) }))
    return { is: 'parts', at, parts }
  }
  const { [form]: value = null, [`_${form}`]: companion = null } = object
  const element = { ...(value === null ? {} : { value }), ...(isObject(companion) ? { companion } : {}) }
  if (Object.keys(element).length === 0) throw malformed(`expected is a value, received is null`, `${at}.${form}`)
  return {
    is: 'typed',
    at: `${at}.${form}`,
    type: form === 'resource' ? 'Resource' : form.slice('value'.length),
    element,
  }
}

function malformed(diagnostics: string, at: string): FhirError {
  return fail('structure', diagnostics, at)
}

function print(value: Json | undefined): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? 'nothing').slice(0, 100)
}
