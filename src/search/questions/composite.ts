/** https://hl7.org/fhir/R4/search.html#composite */
import { and, type Node, type Part } from '../node.ts'
import { splitUnescaped } from './escape.ts'
import { type Kind, malformed, type Subject } from './kind.ts'

/** What one of the values is asked of. */
export type Component = Pick<Subject, 'slot' | 'elements' | 'targets'> & { readonly kind: Kind }

/** All in one element. */
export function askElement(text: string, components: readonly Component[], on: Subject): Node {
  return { is: 'element', of: partsOf(text, components, on) }
}

/** Each anywhere in the resource. */
export function askApart(text: string, components: readonly Component[], on: Subject): Node {
  return and(partsOf(text, components, on))
}

function partsOf(text: string, components: readonly Component[], on: Subject): readonly Part[] {
  const parts = splitUnescaped(text, '$')
  if (parts.length !== components.length || parts.includes('')) {
    const example = components.map((_component, index) => `value${index + 1}`).join('$')
    throw malformed(on, text, `${components.length} values with $ between them, such as ${example}`)
  }
  return components.map(({ kind, slot, elements, targets }, index) =>
    kind.part(parts[index] ?? '', { ...on, slot, elements, targets }),
  )
}
