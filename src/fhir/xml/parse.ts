/** XML text to a resource. https://hl7.org/fhir/R4/xml.html */
import { SaxesParser, type XMLDecl } from 'saxes'
import { fail } from '../issue.ts'
import { jsonLimits } from '../json-limits.ts'
import type { Resource } from '../resource.ts'
import type { Shapes } from '../shape.ts'
import { type Building, cdataBetween, closeTag, openTag, textBetween } from './build.ts'
import { entities } from './entities.ts'
import { excerpt } from './excerpt.ts'

export type XmlLimits = {
  /** Counted as objects and arrays of the same resource in JSON: what comes in as XML can go out, and come back, as JSON. */
  readonly depth: number
}

export const xmlLimits: XmlLimits = { depth: jsonLimits.depth }

type Parser = SaxesParser<{ xmlns: true; position: false }>

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Nothing is fetched or expanded: a DTD is refused, and only XML's own entities are known (in narratives, HTML's too). */
export function parseXml(input: string | Uint8Array, shapes: Shapes, limits: Partial<XmlLimits> = {}): Resource {
  const text = typeof input === 'string' ? input : decode(input)
  const parser: Parser = new SaxesParser({ xmlns: true, position: false })
  parser.ENTITIES = entities.xml
  const building: Building = {
    source: {
      text,
      line: () => parser.line,
      end: () => parser.position,
      allowHtmlEntities: allowed => {
        parser.ENTITIES = allowed ? entities.html : entities.xml
      },
    },
    shapes,
    depthLimit: limits.depth ?? xmlLimits.depth,
    top: undefined,
    root: undefined,
    narrative: { depth: 0, start: 0 },
  }
  const malformed = (why: string) =>
    fail('structure', `XML, line ${parser.line}, column ${parser.columnIndex + 1}: ${why}`)
  parser.on('opentag', tag => openTag(building, tag))
  parser.on('closetag', () => closeTag(building))
  parser.on('text', content => textBetween(building, content))
  parser.on('error', ({ message }) => {
    throw malformed(`not well-formed: ${excerpt(message)}`)
  })
  // V8 slows the parser down fourfold once it has six handlers, so the rare two are set only where something may call them.
  if (text.includes('<![CDATA[')) parser.on('cdata', () => cdataBetween(building))
  if (text.includes('<!DOCTYPE')) {
    parser.on('doctype', () => {
      throw malformed('a document type declaration (DTD) is not accepted')
    })
  }
  parser.write(text)
  const unread = declarationProblem(parser.xmlDecl)
  if (unread !== undefined) throw fail('structure', `XML, line 1: ${unread}`)
  parser.close()
  return building.root as Resource // a document without errors has a root, and a root is a resource
}

function declarationProblem({ version = '1.0', encoding = 'UTF-8' }: XMLDecl): string | undefined {
  if (version !== '1.0') return `XML version ${version} is not accepted; expected 1.0`
  if (encoding.toUpperCase() === 'UTF-8') return undefined
  return `encoding '${excerpt(encoding)}' is not accepted; FHIR XML is always UTF-8`
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw fail('structure', 'the XML is not valid UTF-8: FHIR XML is always UTF-8', undefined, { cause })
  }
}
