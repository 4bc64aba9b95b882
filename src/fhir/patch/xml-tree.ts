/**
 * XML as an immutable tree that prints what was not touched as it was written, so that a narrative survives byte for byte.
 * https://www.w3.org/TR/xml-names/
 */
import { SaxesParser, type SaxesTagNS } from 'saxes'
import { fail } from '../issue.ts'

export const fhirNamespace = 'http://hl7.org/fhir'

const limits = {
  /** Elements within elements: twice what a resource may nest, for the patch and narratives. */
  depth: 128,
}

export type XmlNode = XmlElement | XmlText | XmlAside

export type XmlElement = {
  readonly is: 'element'
  readonly name: string
  readonly namespace: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlNode[]
  /** Prefixes in scope, '' for the default namespace. */
  readonly scope: Readonly<Record<string, string>>
  /** The element as it was written; absent once it was changed, and where prefixes give it its meaning. */
  readonly source?: string
  /** The default namespace that `source` counts on; absent if it declares its own. */
  readonly outer?: string
}

/** Without namespace, or with the `xml` prefix in its name. */
export type XmlAttribute = { readonly name: string; readonly value: string }

export type XmlText = { readonly is: 'text'; readonly text: string }

/** Comments and processing instructions, which FHIR ignores. */
export type XmlAside = { readonly is: 'comment' | 'instruction'; readonly source: string }

/** An element whose end was not seen yet. */
type Open = {
  readonly tag: SaxesTagNS
  readonly start: number
  readonly scope: XmlElement['scope']
  readonly children: XmlNode[]
}

export function parseTree(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true, position: false })
  const open: Open[] = []
  let root: XmlElement | undefined
  const append = (node: XmlNode): void => {
    open.at(-1)?.children.push(node)
  }
  parser.on('error', ({ message }) => {
    throw fail('structure', `the XML is not well-formed: ${message.replace(/\.$/, '')}`)
  })
  parser.on('doctype', () => {
    throw fail('structure', 'a document type declaration (DTD) is not accepted')
  })
  parser.on('opentag', tag => {
    if (open.length >= limits.depth) throw fail('structure', `the XML nests more than ${limits.depth} elements`)
    const outer = open.at(-1)?.scope ?? {}
    const scope = Object.keys(tag.ns).length === 0 ? outer : { ...outer, ...tag.ns }
    // "<" can stand in no attribute value, so the last one begins the tag.
    open.push({ tag, start: text.lastIndexOf('<', parser.position - 1), scope, children: [] })
  })
  parser.on('closetag', () => {
    const last = open.pop()
    if (last === undefined) return
    const element = elementOf(last, text.slice(last.start, parser.position))
    if (open.length === 0) root = element
    append(element)
  })
  parser.on('text', content => append({ is: 'text', text: content }))
  parser.on('cdata', content => append({ is: 'text', text: content }))
  parser.on('comment', content => append({ is: 'comment', source: `<!--${content}-->` }))
  parser.on('processinginstruction', ({ target, body }) =>
    append({ is: 'instruction', source: `<?${target} ${body}?>` }),
  )
  parser.write(text).close()
  if (root === undefined) throw fail('structure', 'the XML has no root element')
  return root
}

function elementOf({ tag, scope, children }: Open, source: string): XmlElement {
  const attributes = Object.values(tag.attributes)
    .filter(({ prefix, name }) => prefix !== 'xmlns' && name !== 'xmlns')
    .map(({ name, value }) => ({ name, value }))
  const element = { is: 'element', name: tag.local, namespace: tag.uri, attributes, children, scope } as const
  const prefixed =
    tag.prefix !== '' ||
    Object.values(tag.attributes).some(({ prefix }) => prefix !== '' && prefix !== 'xml' && prefix !== 'xmlns')
  if (prefixed || children.some(child => child.is === 'element' && child.source === undefined)) return element
  return Object.hasOwn(tag.ns, '') ? { ...element, source } : { ...element, source, outer: scope[''] ?? '' }
}

/** XML text. An element without namespace is taken as FHIR's: patches often leave the namespace out. */
export function printTree(node: XmlNode, outer = ''): string {
  if (node.is === 'text') return escaped(node.text)
  if (node.is !== 'element') return node.source
  if (node.source !== undefined && (node.outer ?? outer) === outer) return node.source
  const namespace = node.namespace || fhirNamespace
  const declared = namespace === outer ? '' : ` xmlns="${escaped(namespace)}"`
  const attributes = node.attributes.map(({ name, value }) => ` ${name}="${escaped(value)}"`).join('')
  const content = node.children.map(child => printTree(child, namespace)).join('')
  const start = `<${node.name}${declared}${attributes}`
  return content === '' ? `${start}/>` : `${start}>${content}</${node.name}>`
}

/** A changed element is no longer what was written. */
export function changed(element: XmlElement, change: Partial<Pick<XmlElement, 'attributes' | 'children'>>): XmlElement {
  const { source: _source, outer: _outer, ...kept } = element
  return { ...kept, ...change }
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"\t\n\r]/g, character => `&#${character.charCodeAt(0)};`)
}
