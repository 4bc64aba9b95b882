/** Slices, those by type among them. https://hl7.org/fhir/R4/profiling.html#slicing */
import { fail } from '../../fhir/issue.ts'
import type { Slicing, TypeRef } from '../structure-definition.ts'
import { complain, copied, type Draft, spend } from './draft.ts'
import { divided, type Node, nodeOf, sliceOf } from './tree.ts'

const byUrl: Slicing = { discriminator: [{ type: 'value', path: 'url' }], rules: 'open' }
const byType: Slicing = { discriminator: [{ type: 'type', path: '$this' }], rules: 'open' }

/** The slice of this name; where it is new, all that was said of the element is true of it, but that it must be there. */
export function slicedInto(element: Node, name: string, draft: Draft): Node {
  const known = sliceOf(element, name)
  if (known) return known
  const host = divided(element, name)
  if (host === element && name.includes('/')) throw fail('structure', `the slice that ${name} divides does not exist`)
  imply(host, draft)
  spend(1, draft)
  const { slicing: _, ...definition } = host.definition
  const type = typeOf(element.name, element.definition.type, name)
  const slice = nodeOf(element.name, { ...definition, min: 0, ...(type ? { type: [type] } : {}) }, name)
  slice.children = host.children && copied(host.children, draft)
  host.slices.push(slice)
  draft.sliced.add(host)
  return slice
}

/**
 * `valueQuantity` in place of `value[x]` is more than a slice: there is no other type then, unless it is named in the same way.
 * So R4's vital signs have it.
 */
export function narrowedTo(choice: Node, name: string, draft: Draft): Node {
  const known = sliceOf(choice, name)
  if (known) return known
  const before = draft.narrowed.get(choice) ?? choice.definition.type ?? []
  const type = typeOf(choice.name, before, name)
  if (!type || (choice.definition.slicing && !draft.narrowed.has(choice))) return slicedInto(choice, name, draft)
  const named = choice.slices.flatMap(({ definition }) => definition.type ?? [])
  choice.definition = { ...choice.definition, type: [...named, type], slicing: { ...byType, rules: 'closed' } }
  draft.narrowed.set(choice, before)
  return slicedInto(choice, name, draft)
}

/** Of a choice, the type that the name of a slice says. */
export function typeOf(choice: string, types: readonly TypeRef[] = [], slice: string): TypeRef | undefined {
  const stem = choice.slice(0, -3)
  if (!choice.endsWith('[x]')) return undefined
  return types.find(({ code }) => slice === stem + code.charAt(0).toUpperCase() + code.slice(1))
}

function imply(host: Node, draft: Draft): void {
  if (host.definition.slicing) return
  const slicing = slicingOf(host.name)
  if (slicing) host.definition = { ...host.definition, slicing }
  // R4's own familymemberhistory-genetic has such: nobody can tell what is in the slice, but all else it says holds.
  else complain(draft, 'business-rule', `${host.name} does not say by what it is sliced`, 'warning')
}

function slicingOf(name: string): Slicing | undefined {
  if (name === 'extension' || name === 'modifierExtension') return byUrl
  return name.endsWith('[x]') ? byType : undefined
}
