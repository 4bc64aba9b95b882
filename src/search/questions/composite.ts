/** https://hl7.org/fhir/R4/search.html#composite */
import { and, type Node, type Part } from '../node.ts'
import type { Codes } from '../plan.ts'
import { splitUnescaped } from './escape.ts'
import { type Kind, malformed, type Subject } from './kind.ts'

/** What one of the values is asked of. */
export type Component = Pick<Subject, 'slot' | 'elements' | 'targets'> & { readonly kind: Kind }
type Components = readonly Component[]

/** All in one element. */
export async function askElement(text: string, components: Components, on: Subject, codes: Codes): Promise<Node> {
  return { is: 'element', of: await partsOf(text, components, on, codes) }
}

/** Each anywhere in the resource. */
export async function askApart(text: string, components: Components, on: Subject, codes: Codes): Promise<Node> {
  return and(await partsOf(text, components, on, codes))
}

async function partsOf(text: string, components: Components, on: Subject, codes: Codes): Promise<readonly Part[]> {
  const parts = splitUnescaped(text, '$')
  if (parts.length !== components.length || parts.includes('')) {
    const example = components.map((_component, index) => `value${index + 1}`).join('$')
    throw malformed(on, text, `${components.length} values with $ between them, such as ${example}`)
  }
  return Promise.all(
    components.map(({ kind, slot, elements, targets }, index) =>
      partOf(parts[index] ?? '', kind, { ...on, slot, elements, targets }, codes),
    ),
  )
}

/** What has several spellings is one term in each of them. */
async function partOf(text: string, kind: Kind, on: Subject, codes: Codes): Promise<Part> {
  const part = kind.part(text, on)
  if (part.is !== 'term' || kind.spelled === undefined) return part
  const spelled = (await kind.spelled([text], on, codes)).map(each => kind.part(each, on))
  return { ...part, texts: spelled.flatMap(each => (each.is === 'term' ? each.texts : [])) }
}
