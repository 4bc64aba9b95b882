/**
 * Differential and base → snapshot: what a profile says in all, not only what it says anew.
 * https://hl7.org/fhir/R4/profiling.html#snapshot
 */
import { FhirError, fail, type Issue } from '../../fhir/issue.ts'
import type { ElementDefinition, StructureDefinition, Structures } from '../structure-definition.ts'
import { addressOf, type Step } from './address.ts'
import { constrain } from './constrain.ts'
import { complain, type Draft, largest, spend, typeUrl } from './draft.ts'
import { narrowedTo, slicedInto, typeOf } from './slice.ts'
import { copyOf, type Node, nodeOf, printTree, sliceOf, treeOf } from './tree.ts'
import { childrenOf } from './unfold.ts'

export type Snapshot = {
  readonly element: readonly ElementDefinition[]
  /** With an error among them the elements are not to be relied on. */
  readonly issues: readonly Issue[]
}

const SYSTEM = 'http://hl7.org/fhirpath/System.'
/** As deep as JSON may be. */
const deepest = 64

/** The base has been found to exist; `structures` holds it and the types. */
export function snapshotOf(definition: StructureDefinition, structures: Structures): Snapshot {
  const base = definition.baseDefinition === undefined ? undefined : structures.find(definition.baseDefinition)
  const baseRoot = base && treeOf(base.snapshot?.element ?? [])
  const root = rootOf(definition, baseRoot)
  const draft: Draft = {
    definition,
    structures,
    root,
    base: baseRoot,
    issues: [],
    narrowed: new Map(),
    sliced: new Set(),
    at: 0,
    room: largest,
  }
  const placed = place(definition.differential?.element ?? [], draft)
  compareOrder(placed, draft)
  return { element: printTree(root), issues: draft.issues }
}

/** A type is called otherwise than the one it specialises; a profile keeps the name. */
function rootOf({ type, derivation }: StructureDefinition, base: Node | undefined): Node {
  const name = type.slice(type.lastIndexOf('/') + 1)
  if (!base) return nodeOf(name, itself({ path: name }))
  if (derivation === 'constraint') return copyOf(base)
  return { ...copyOf(base), name, definition: { ...base.definition, base: { path: name, min: 0, max: '*' } } }
}

/** The nodes of the tree that the elements of the differential came to. */
function place(differential: readonly ElementDefinition[], draft: Draft): readonly (Node | undefined)[] {
  let before: readonly Step[] = []
  return differential.slice(0, largest + 1).map((element, at) => {
    if (draft.room < 0) return undefined
    draft.at = at
    if (at === largest) complain(draft, 'too-costly', `there are more than ${largest} elements`)
    before = addressOf(element, before)
    try {
      return placeOne(element, before, draft)
    } catch (problem) {
      if (!(problem instanceof FhirError)) throw problem
      for (const { code, diagnostics } of problem.issues) complain(draft, code, diagnostics)
      return undefined
    }
  })
}

function placeOne(element: ElementDefinition, steps: readonly Step[], draft: Draft): Node {
  const { root, definition } = draft
  if (steps.length > deepest) throw fail('too-costly', `it lies deeper than ${deepest} elements`)
  if (element.path.split('.', 1)[0] !== root.name) throw fail('structure', `it is no element of ${root.name}`)
  const last = steps.length - 1
  const node = steps.reduce<Node>(
    (parent, step, depth) => stepInto(parent, step, depth === last ? element : undefined, draft),
    root,
  )
  const { id: _id, sliceName: _name, base: _base, contentReference: _reference, ...said } = element
  node.definition = constrain(node.definition, said, {
    source: definition.url,
    isA: (code, base) => descends(code, base, draft),
    complain: what => complain(draft, 'business-rule', what),
  })
  return node
}

/** `last` is the element of the differential if this step leads to it. */
function stepInto(parent: Node, { name, slice }: Step, last: ElementDefinition | undefined, draft: Draft): Node {
  const children = childrenOf(parent, draft)
  const child = children.find(each => each.name === name)
  if (child && slice === undefined && draft.sliced.has(child)) {
    throw fail('business-rule', `it comes after slices of ${child.definition.path}, for which it should hold`)
  }
  if (child) return slice === undefined ? child : intoSlice(child, slice, last !== undefined, draft)
  const choice = children.find(each => typeOf(each.name, draft.narrowed.get(each) ?? each.definition.type, name))
  if (choice) return narrowedTo(choice, name, draft)
  if (!last || draft.definition.derivation === 'constraint') {
    throw fail('structure', `${parent.definition.path} has no element ${name}`)
  }
  spend(1, draft)
  const added = nodeOf(name, itself(last))
  children.push(added)
  return added
}

/** What is below a slice comes after the slice; a slice by type needs no introduction. */
function intoSlice(element: Node, slice: string, isLast: boolean, draft: Draft): Node {
  const { name, definition } = element
  const isKnown = isLast || sliceOf(element, slice) !== undefined || typeOf(name, definition.type, slice) !== undefined
  if (!isKnown) throw fail('structure', `${definition.path} has no slice ${slice}`)
  return slicedInto(element, slice, draft)
}

/** An element that its type brings is its own base. */
function itself({ path, min = 0, max = '*', contentReference }: ElementDefinition): ElementDefinition {
  const facts = { path, min, max, base: { path, min, max } }
  return contentReference === undefined ? facts : { ...facts, contentReference }
}

function descends(code: string, base: string, { structures }: Draft): boolean {
  // The values of primitives: a positiveInt is an integer, but its value is called a string.
  if (code.startsWith(SYSTEM) && base.startsWith(SYSTEM)) return true
  let url: string | undefined = typeUrl(code)
  for (let step = 0; url !== undefined && step < deepest; step++) {
    if (url === typeUrl(base)) return true
    url = structures.find(url)?.baseDefinition
  }
  return false
}

/**
 * "In the same order as in the base": https://hl7.org/fhir/R4/structuredefinition.html#5.3.4 Where another order means the same,
 * it is not held against the profile.
 */
function compareOrder(placed: readonly (Node | undefined)[], draft: Draft): void {
  const order = orderOf(draft.root)
  let furthest = -1
  for (const [at, node] of placed.entries()) {
    const position = node && order.get(node)
    if (position === undefined) continue
    draft.at = at
    if (position === furthest) complain(draft, 'business-rule', 'it comes twice')
    if (position < furthest) {
      complain(draft, 'business-rule', 'it comes after elements that follow it in the base', 'warning')
    }
    furthest = Math.max(furthest, position)
  }
}

function orderOf(root: Node): ReadonlyMap<Node, number> {
  const order = new Map<Node, number>()
  const visit = (node: Node): void => {
    order.set(node, order.size)
    for (const each of [...(node.children ?? []), ...node.slices]) visit(each)
  }
  visit(root)
  return order
}
