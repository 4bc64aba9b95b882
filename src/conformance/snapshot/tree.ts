/**
 * The elements of a snapshot as a tree, in which they can be found, sliced and unfolded; the list of elements is its printout.
 * https://hl7.org/fhir/R4/elementdefinition.html#id
 */
import type { ElementDefinition } from '../structure-definition.ts'

export type Node = {
  /** The last part of its path: `Patient`, `name`, `value[x]`. */
  readonly name: string
  /** Of a re-slice with the slice that it divides: `mrn/old`. */
  readonly slice: string | undefined
  definition: ElementDefinition
  /** Absent as long as nothing is said of them: then those of the type hold. */
  children: Node[] | undefined
  /** Slices of it; those of a slice are its re-slices. */
  readonly slices: Node[]
}

export function nodeOf(name: string, definition: ElementDefinition, slice?: string): Node {
  return { name, slice, definition, children: undefined, slices: [] }
}

/** The root; `undefined` if there is none. An element whose parent is missing is passed over. */
export function treeOf(elements: readonly ElementDefinition[]): Node | undefined {
  const open: Node[] = []
  for (const element of elements) {
    const names = element.path.split('.')
    const depth = names.length - 1
    const parent = open[depth - 1]
    if (depth > 0 && !parent) continue
    const node = nodeIn(parent, names[depth] ?? '', element)
    open.splice(depth, open.length, node)
  }
  return open[0]
}

function nodeIn(parent: Node | undefined, name: string, element: ElementDefinition): Node {
  if (!parent) return nodeOf(name, element)
  parent.children ??= []
  const host = element.sliceName === undefined ? undefined : hostOf(parent.children, name)
  if (!host || element.sliceName === undefined) {
    const node = nodeOf(name, element, element.sliceName)
    parent.children.push(node)
    return node
  }
  const node = nodeOf(host.name, element, element.sliceName)
  divided(host, element.sliceName).slices.push(node)
  return node
}

function hostOf(children: readonly Node[], name: string): Node | undefined {
  return children.findLast(child => child.name === name) ?? children.findLast(child => isChoice(child.name, name))
}

/** Whether `valueQuantity` is one of `value[x]`. */
function isChoice(choice: string, name: string): boolean {
  if (!choice.endsWith('[x]')) return false
  const stem = choice.slice(0, -3)
  return name.startsWith(stem) && /^[A-Z]/.test(name.slice(stem.length))
}

/** What a slice divides: the element, or for `mrn/old` its slice `mrn`. */
export function divided(element: Node, slice: string): Node {
  const divider = slice.lastIndexOf('/')
  return (divider < 0 ? undefined : sliceOf(element, slice.slice(0, divider))) ?? element
}

export function sliceOf(element: Node, name: string): Node | undefined {
  for (const slice of element.slices) {
    if (slice.slice === name) return slice
    if (slice.slice !== undefined && name.startsWith(`${slice.slice}/`)) return sliceOf(slice, name)
  }
  return undefined
}

/** Each element, its children, then its slices, as snapshots are ordered. */
export function printTree(root: Node): ElementDefinition[] {
  const elements: ElementDefinition[] = []
  print(root, '', '', elements)
  return elements
}

function print(node: Node, parentId: string, parentPath: string, into: ElementDefinition[]): void {
  const path = parentPath + node.name
  const id = parentId + node.name + (node.slice === undefined ? '' : `:${node.slice}`)
  const { sliceName: _, ...definition } = node.definition
  into.push({ ...definition, id, path, ...(node.slice === undefined ? {} : { sliceName: node.slice }) })
  for (const child of node.children ?? []) print(child, `${id}.`, `${path}.`, into)
  for (const slice of node.slices) print(slice, parentId, parentPath, into)
}

export function sizeOf(node: Node): number {
  const below = [...(node.children ?? []), ...node.slices].map(sizeOf)
  return below.reduce((sum, size) => sum + size, 1)
}

/** Definitions are shared: they are replaced, never changed. */
export function copyOf(node: Node): Node {
  return { ...node, children: node.children?.map(copyOf), slices: node.slices.map(copyOf) }
}
