/**
 * The `div` of a narrative: a string of XHTML in JSON, a piece of the document in XML.
 * https://hl7.org/fhir/R4/narrative.html and https://hl7.org/fhir/R4/json.html#xhtml
 */
import { SaxesParser, type SaxesTagNS } from 'saxes'
import { entities, withNumericEntities } from './entities.ts'
import { excerpt } from './excerpt.ts'
import { xhtml } from './namespace.ts'

/** A real carriage return has to be spelt so in XML; narratives written on Windows are full of them. */
const carriageReturn = '&#13;'

/** Elements inside each other in one narrative. C-CDA renderings with nested tables stay below 30. */
const depthLimit = 64

/** What forbids this element in a narrative; undefined: nothing. */
export function tagProblem(tag: SaxesTagNS, depth: number, namespace: string = xhtml): string | undefined {
  if (depth > depthLimit) return `elements are nested more than ${depthLimit} deep`
  if (tag.prefix !== '') return `<${excerpt(tag.name)}> has a prefix; expected plain XHTML names such as <p>`
  if (tag.uri !== xhtml && tag.uri !== namespace)
    return `<${excerpt(tag.name)}> is in namespace '${excerpt(tag.uri)}'; expected ${xhtml}`
  for (const name in tag.attributes) {
    const prefix = tag.attributes[name]?.prefix
    if (prefix !== '' && prefix !== 'xml' && prefix !== 'xmlns') return `attribute '${excerpt(name)}' is not of XHTML`
  }
  return undefined
}

/** The JSON string for a `div` cut out of an XML document. */
export function divFromXml(source: string): string {
  const text = source.replace(/\r\n?/g, '\n') // https://www.w3.org/TR/xml/#sec-line-ends
  return declared(withNumericEntities(text)).replaceAll(carriageReturn, '\r')
}

/** What keeps a JSON string from standing in XML as a narrative; undefined: nothing. */
export function divProblem(div: string): string | undefined {
  const text = div.trim()
  if (!/^<div[\s/>]/.test(text)) return 'it does not begin with <div>'
  const namespace = isDeclared(text) ? xhtml : ''
  const parser = new SaxesParser({ xmlns: true, position: false })
  parser.ENTITIES = entities.html
  let problem: string | undefined
  let depth = 0
  parser.on('error', error => {
    problem ??= excerpt(error.message)
  })
  parser.on('opentag', tag => {
    problem ??= tagProblem(tag, ++depth, namespace)
  })
  parser.on('closetag', () => {
    depth--
  })
  parser.write(text).close()
  return problem
}

/** A `div` without a problem, as XML. */
export function divToXml(div: string): string {
  return declared(withNumericEntities(div.trim()).replaceAll('\r', carriageReturn))
}

/** JSON in the wild leaves the namespace out; in XML that would put the narrative into FHIR's. */
function declared(div: string): string {
  return isDeclared(div) ? div : `<div xmlns="${xhtml}"${div.slice('<div'.length)}`
}

function isDeclared(div: string): boolean {
  return /^<div(?=\s)(?:[^>"']|"[^"]*"|'[^']*')*?\sxmlns\s*=/.test(div)
}
