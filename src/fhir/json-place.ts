/** Where the elements of a resource stand in its JSON text, for those who show a finding to a person. */
import { endOfNumber, endOfString, sign, startsNumber } from './json-token.ts'

/** Offsets; `end` is behind the last character. */
export type Place = { readonly start: number; readonly end: number }

type Node = {
  readonly value: Place
  /** Of a member, its name. */
  readonly key?: Place
  readonly members?: ReadonlyMap<string, Node>
  readonly items?: readonly Node[]
}

/**
 * `Observation.value.unit` finds the unit of `valueQuantity`. Of what is not there, the place is that of the innermost element
 * around it. The text is JSON that can be parsed.
 */
export function placesIn(text: string): (expression: string) => Place {
  const root = readNode({ text, at: 0 }, undefined)
  return expression => placeOf(find(root, stepsOf(expression)))
}

/** Of an object or an array its name, or the bracket that opens it: the whole would be too much to show. */
function placeOf({ key, value, members, items }: Node): Place {
  if (!members && !items) return value
  return key ?? { start: value.start, end: value.start + 1 }
}

/** Without the type that it begins with; ends where it is more than a path. */
function stepsOf(expression: string): readonly (string | number)[] {
  const steps: (string | number)[] = []
  const step = /\.ofType\(\w+\)|\.?([A-Za-z_]\w*)(?!\()|\[(\d+)\]/y
  for (let found = step.exec(expression); found; found = step.exec(expression)) {
    const [, name, index] = found
    if (index !== undefined) steps.push(Number(index))
    else if (name !== undefined) steps.push(name)
  }
  return steps.slice(1)
}

/** Of a primitive, `twin` is where its id and extensions are. */
function find(root: Node, steps: readonly (string | number)[]): Node {
  let node = root
  let twin: Node | undefined
  for (const step of steps) {
    const [next, other] =
      typeof step === 'number' ? [node, twin].map(each => each?.items?.[step]) : memberOf(node, twin, step)
    const found = next ?? other
    if (!found) return node
    node = found
    twin = other
  }
  return node
}

function memberOf(node: Node, twin: Node | undefined, name: string): readonly (Node | undefined)[] {
  const members = node.members ?? twin?.members
  const chosen = members?.has(name) ? name : members?.keys().find(other => isChoice(other, name))
  return [members?.get(chosen ?? name), members?.get(`_${chosen ?? name}`)]
}

/** `valueQuantity` is one of `value[x]`. */
function isChoice(member: string, name: string): boolean {
  return member.startsWith(name) && /^[A-Z]/.test(member.slice(name.length))
}

type Cursor = { readonly text: string; at: number }

function readNode(cursor: Cursor, key: Place | undefined): Node {
  skipBlank(cursor)
  const start = cursor.at
  const content = readContent(cursor)
  return { value: { start, end: cursor.at }, ...(key ? { key } : {}), ...content }
}

function readContent(cursor: Cursor): Pick<Node, 'members' | 'items'> {
  const { text, at } = cursor
  const char = text.charCodeAt(at)
  if (char === sign.openObject) return { members: readMembers(cursor) }
  if (char === sign.openArray) return { items: readItems(cursor) }
  if (char === sign.quote) cursor.at = endOfString(text, at)
  else if (startsNumber(char)) cursor.at = endOfNumber(text, at)
  else while (/[a-z]/.test(text.charAt(cursor.at))) cursor.at++ // true, false, null
  return {}
}

function readMembers(cursor: Cursor): ReadonlyMap<string, Node> {
  const members = new Map<string, Node>()
  const { text } = cursor
  for (next(cursor); text.charCodeAt(cursor.at) === sign.quote; next(cursor)) {
    const key = { start: cursor.at, end: endOfString(text, cursor.at) }
    cursor.at = key.end
    skipBlank(cursor)
    cursor.at++ // the colon
    members.set(JSON.parse(text.slice(key.start, key.end)), readNode(cursor, key))
    skipBlank(cursor)
    if (text.charCodeAt(cursor.at) !== sign.comma) break
  }
  cursor.at++ // the closing bracket
  return members
}

function readItems(cursor: Cursor): readonly Node[] {
  const items: Node[] = []
  const { text } = cursor
  for (next(cursor); text.charCodeAt(cursor.at) !== sign.closeArray; next(cursor)) {
    items.push(readNode(cursor, undefined))
    skipBlank(cursor)
    if (text.charCodeAt(cursor.at) !== sign.comma) break
  }
  cursor.at++ // the closing bracket
  return items
}

/** Behind an opening bracket or a comma. */
function next(cursor: Cursor): void {
  cursor.at++
  skipBlank(cursor)
}

function skipBlank(cursor: Cursor): void {
  while (/[ \t\r\n\uFEFF]/.test(cursor.text.charAt(cursor.at))) cursor.at++
}
