/** The children of an element of which nothing was said yet: those of its type, its profile or the element it repeats. */
import { fail } from '../../fhir/issue.ts'
import type { ElementDefinition, StructureDefinition, TypeRef } from '../structure-definition.ts'
import { copied, type Draft, typeUrl } from './draft.ts'
import { type Node, treeOf } from './tree.ts'

export function childrenOf(node: Node, draft: Draft): Node[] {
  if (node.children) return node.children
  const { contentReference, type = [] } = node.definition
  const children = contentReference === undefined ? ofTypes(type, draft) : repeated(node, contentReference, draft)
  node.children = copied(children, draft)
  return node.children
}

function ofTypes(types: readonly TypeRef[], draft: Draft): readonly Node[] {
  const codes = new Set(types.map(({ code }) => code))
  const [type] = types
  if (!type) return []
  if (codes.size > 1) return childrenIn(draft.structures.find(typeUrl('Element')), draft)
  const profile = types.length === 1 && type.profile?.length === 1 ? type.profile[0] : undefined
  // A profile that is not known, or that is being worked out at this moment, is still checked: its type says which elements there are.
  const structure = profile === undefined ? undefined : draft.structures.find(profile)
  return childrenIn(structure ?? draft.structures.find(typeUrl(type.code)), draft)
}

function childrenIn(structure: StructureDefinition | undefined, draft: Draft): readonly Node[] {
  if (!structure) return []
  const children = treeOf(structure.snapshot?.element ?? [])?.children ?? []
  return structure.type === draft.definition.type ? children : children.map(child => withUrl(child, structure.type))
}

/** In another structure `#Composition.section` is nothing to be found. */
function withUrl(node: Node, type: string): Node {
  const { definition, children, slices } = node
  const reference = definition.contentReference
  const isLocal = reference?.startsWith('#') === true
  return {
    ...node,
    definition: isLocal ? { ...definition, contentReference: typeUrl(type) + reference } : definition,
    children: children?.map(child => withUrl(child, type)),
    slices: slices.map(slice => withUrl(slice, type)),
  }
}

/** The element becomes what it repeats: https://hl7.org/fhir/R4/elementdefinition-definitions.html#ElementDefinition.contentReference */
function repeated(node: Node, reference: string, draft: Draft): readonly Node[] {
  const [url = '', path = ''] = reference.split('#')
  const structure = url === '' ? undefined : draft.structures.find(url)
  const root = structure ? treeOf(structure.snapshot?.element ?? []) : draft.base
  const target = root && reached(root, path.split('.').slice(1))
  if (!target) throw fail('structure', `it repeats ${reference}, which does not exist`)
  const { contentReference: _, ...definition } = node.definition
  const { type } = target.definition
  node.definition = type === undefined ? definition : ({ ...definition, type } satisfies ElementDefinition)
  const children = target.children ?? []
  return structure && structure.type !== draft.definition.type
    ? children.map(child => withUrl(child, structure.type))
    : children
}

function reached(from: Node, names: readonly string[]): Node | undefined {
  return names.reduce<Node | undefined>((node, name) => node?.children?.find(child => child.name === name), from)
}
