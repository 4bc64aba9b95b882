/**
 * JSON Patch: operations in sequence, all or none. https://www.rfc-editor.org/rfc/rfc6902
 *
 * Our own and not the `rfc6902` package: that one changes the document in place, clones a `Decimal` into something else, takes
 * inherited members for content, and accepts `/01` and `/9` into a list when it removes.
 */
import { Decimal } from '../decimal.ts'
import { type FhirError, fail } from '../issue.ts'
import { printJson } from '../json.ts'
import { isObject, type Json, type JsonObject } from '../resource.ts'
import { sameJson } from '../same-json.ts'
import { indexOf, isPrefix, type Pointer, parsePointer, valueAt } from './json-pointer.ts'

export const jsonPatchLimits = {
  /** Operations of one patch: each may copy a list or object of the document. */
  operations: 1_000,
  /** Values plus characters that all `copy` operations of one patch may add; otherwise each could double the document. */
  copied: 4_000_000,
}

type Operation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: Pointer; readonly value: Json }
  | { readonly op: 'remove'; readonly path: Pointer }
  | { readonly op: 'move' | 'copy'; readonly path: Pointer; readonly from: Pointer }

/** The patched document; the one that was given stays as it is. Throws 400 for what is no JSON Patch, 422 if it does not apply. */
export function applyJsonPatch(document: Json, patch: Json): Json {
  const operations = parsePatch(patch)
  let result = document
  let copied = 0
  for (const [i, operation] of operations.entries()) {
    const at = `operation ${i} (${operation.op} ${JSON.stringify(printPointer(operation.path))})`
    if (operation.op === 'copy') copied += weigh(valueAt(result, operation.from), jsonPatchLimits.copied - copied)
    if (copied > jsonPatchLimits.copied) {
      throw fail(
        'too-costly',
        `${at}: the copies of this patch add more than ${jsonPatchLimits.copied} values and characters`,
      )
    }
    result = apply(result, operation, at)
  }
  return result
}

function apply(document: Json, operation: Operation, at: string): Json {
  const { path } = operation
  switch (operation.op) {
    case 'add':
      return add(document, path, operation.value, at)
    case 'remove':
      return remove(document, path, at)
    case 'replace':
      existing(document, path, at)
      return path.length === 0 ? operation.value : inParent(document, path, at, put(operation.value))
    case 'move': {
      const value = existing(document, operation.from, at)
      if (isPrefix(operation.from, path)) {
        // Onto itself changes nothing; into its own child cannot be.
        if (operation.from.length === path.length) return document
        throw inapplicable(at, `'${printPointer(operation.from)}' cannot be moved into itself`)
      }
      return add(remove(document, operation.from, at), path, value, at)
    }
    case 'copy':
      return add(document, path, existing(document, operation.from, at), at)
    case 'test': {
      const actual = existing(document, path, at)
      if (!sameJson(actual, operation.value)) {
        throw inapplicable(at, `expected is ${excerpt(operation.value)}, found is ${excerpt(actual)}`)
      }
      return document
    }
  }
}

function add(document: Json, path: Pointer, value: Json, at: string): Json {
  if (path.length === 0) return value
  return inParent(document, path, at, (parent, token) => {
    if (!isList(parent)) return { ...parent, [token]: value }
    const index = token === '-' ? parent.length : indexOf(token)
    if (index === undefined || index > parent.length) throw noIndex(at, token, parent.length)
    return parent.toSpliced(index, 0, value)
  })
}

function remove(document: Json, path: Pointer, at: string): Json {
  existing(document, path, at)
  if (path.length === 0) throw inapplicable(at, 'the whole resource cannot be removed by a patch')
  return inParent(document, path, at, (parent, token) => {
    if (isList(parent)) return parent.toSpliced(Number(token), 1)
    const { [token]: _removed, ...others } = parent
    return others
  })
}

const put =
  (value: Json) =>
  (parent: readonly Json[] | JsonObject, token: string): Json =>
    isList(parent) ? parent.with(Number(token), value) : { ...parent, [token]: value }

/** The document with the parent of the place changed; what is not on the way there is shared with the old document. */
function inParent(
  document: Json,
  path: Pointer,
  at: string,
  change: (parent: readonly Json[] | JsonObject, token: string) => Json,
): Json {
  const [token = '', ...rest] = path
  if (!isList(document) && !isObject(document)) {
    throw inapplicable(at, `'${token}' is looked for in ${excerpt(document)}, which is neither an object nor a list`)
  }
  if (rest.length === 0) return change(document, token)
  const child = existing(document, [token], at)
  return put(inParent(child, rest, at, change))(document, token)
}

function existing(document: Json, path: Pointer, at: string): Json {
  const value = valueAt(document, path)
  if (value !== undefined) return value
  const known = path.findIndex((_, i) => valueAt(document, path.slice(0, i + 1)) === undefined)
  throw inapplicable(at, `there is nothing at '${printPointer(path.slice(0, known + 1))}'`)
}

function parsePatch(patch: Json): readonly Operation[] {
  if (!Array.isArray(patch)) throw malformed(`a JSON Patch is a list of operations, received is ${excerpt(patch)}`)
  if (patch.length > jsonPatchLimits.operations) {
    throw fail(
      'too-costly',
      `the patch has ${patch.length} operations, at most ${jsonPatchLimits.operations} are allowed`,
    )
  }
  return (patch as readonly Json[]).map(parseOperation)
}

/** "Members that are not explicitly defined for the operation in question MUST be ignored" (section 4). */
function parseOperation(operation: Json, i: number): Operation {
  if (!isObject(operation)) throw malformed(`operation ${i} must be an object, received is ${excerpt(operation)}`)
  const { op, value } = operation
  const path = pointerIn(operation, 'path', i)
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      if (value === undefined) throw malformed(`operation ${i} (${op}) lacks the member 'value'`)
      return { op, path, value }
    case 'remove':
      return { op, path }
    case 'move':
    case 'copy':
      return { op, path, from: pointerIn(operation, 'from', i) }
    default:
      throw malformed(
        `operation ${i}: 'op' must be add, remove, replace, move, copy or test, received is ${excerpt(op ?? null)}`,
      )
  }
}

function pointerIn(operation: JsonObject, member: 'path' | 'from', i: number): Pointer {
  const text = operation[member]
  if (typeof text !== 'string') throw malformed(`operation ${i} lacks the member '${member}', a JSON Pointer`)
  const pointer = parsePointer(text)
  if (pointer === undefined) {
    throw malformed(
      `operation ${i}: '${member}' must be a JSON Pointer such as '/name/0/family', received is '${text}'`,
    )
  }
  if (pointer.includes('__proto__')) throw malformed(`operation ${i}: '${member}' must not name '__proto__'`)
  return pointer
}

/** How much a value is, counting no further than the limit needs. */
function weigh(value: Json | undefined, limit: number): number {
  if (typeof value === 'string') return 1 + value.length
  if (value instanceof Decimal || typeof value !== 'object' || value === null) return 1
  let weight = 1
  for (const [name, member] of Object.entries(value)) {
    weight += name.length + weigh(member, limit - weight)
    if (weight > limit) break
  }
  return weight
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function printPointer(pointer: Pointer): string {
  return pointer.map(token => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

function excerpt(value: Json): string {
  const text = printJson(value)
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`
}

function noIndex(at: string, token: string, length: number): FhirError {
  return inapplicable(at, `expected is '-' or a place from 0 to ${length} in the list, received is '${token}'`)
}

function malformed(diagnostics: string): FhirError {
  return fail('structure', diagnostics)
}

function inapplicable(at: string, diagnostics: string): FhirError {
  return fail('processing', `${at}: ${diagnostics}`)
}
