/** Media types with their parameters. https://hl7.org/fhir/R4/valueset-mimetypes.html, https://www.rfc-editor.org/rfc/rfc6838 */
import { parseMediaType } from '../../../fhir/media-type.ts'
import type { CodeSystem, Subsumption } from '../../code-system.ts'
import { grammarSystem } from './grammar-system.ts'

/** The top-level types that IANA has registered. */
const registered = [
  'application',
  'audio',
  'example',
  'font',
  'haptics',
  'image',
  'message',
  'model',
  'multipart',
  'text',
  'video',
]

export function mediaTypes(): CodeSystem {
  return grammarSystem(
    {
      url: 'urn:ietf:bcp:13',
      name: 'MimeTypes',
      title: 'Media types (RFC 6838)',
      caseSensitive: false,
      filter: [{ code: 'base', operator: ['='], value: 'a type, or type/subtype, with whatever parameters' }],
    },
    {
      check(code) {
        const type = code.length > 255 ? undefined : parseMediaType(code)
        if (type === undefined) return { valid: false, why: `'${code}' is not a media type such as 'text/plain'` }
        const [top = '', sub = ''] = type.essence.split('/')
        if (!registered.includes(top) && !top.startsWith('x-')) {
          return {
            valid: false,
            why: `'${top}' of '${code}' is not a top-level media type; there are ${registered.join(', ')}`,
          }
        }
        // RFC 6838, 4.2: a name begins with a letter or digit and has up to 127 characters.
        return /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/.test(sub)
          ? { valid: true, display: code, ...cased(code, type.essence) }
          : { valid: false, why: `'${sub}' of '${code}' is not the name of a media type` }
      },
      filter({ property, op, value }) {
        if (op !== '=' || property !== 'base') return undefined
        const base = value.toLowerCase()
        return code => {
          const { essence = '' } = parseMediaType(code) ?? {}
          return essence === base || essence.startsWith(`${base}/`)
        }
      },
      relation,
    },
  )
}

/**
 * Parameters of which one knows what they mean: the value that is meant where they are absent; empty, any. Of a type of text that
 * says nothing of its charset, absence may mean either: https://www.rfc-editor.org/rfc/rfc6657#section-3
 */
const parameters: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'text/plain': { charset: 'us-ascii', format: 'fixed', delsp: 'no' }, // RFC 6657, section 4; RFC 3676, section 4
  'text/html': { charset: '' },
  'text/xml': { charset: '' },
  'text/vcard': { charset: 'utf-8', version: '' }, // RFC 6350, section 10.1
  'application/xml': { charset: '' }, // RFC 7303, section 9.1
  'application/fhir+xml': { charset: 'utf-8', fhirversion: '' },
  'application/fhir+json': { charset: 'utf-8', fhirversion: '' },
}

/** A parameter narrows a type down; types, and suffixes such as +xml, are no hierarchy. */
function relation(a: string, b: string): Subsumption | { readonly unclear: string } {
  const [one, other] = [parseMediaType(a), parseMediaType(b)]
  if (one === undefined || one.essence !== other?.essence) return 'not-subsumed'
  const { essence } = one
  const names = [...new Set([...one.parameters.keys(), ...other.parameters.keys()])]
  const found = names.map(name => {
    const otherwise = parameters[essence]?.[name]
    const [left, right] = [one, other].map(type => type.parameters.get(name)?.toLowerCase() ?? otherwise ?? '')
    return left === right ? 'same' : otherwise === undefined ? 'unclear' : compared(left, right)
  })
  const [isWider, isNarrower] = [found.includes('wider'), found.includes('narrower')]
  if (found.includes('apart') || (isWider && isNarrower)) return 'not-subsumed'
  const unclear = names[found.indexOf('unclear')]
  if (unclear !== undefined) return { unclear: `what the parameter '${unclear}' of '${essence}' means` }
  if (isWider) return 'subsumes'
  return isNarrower ? 'subsumed-by' : 'equivalent'
}

/** Values that differ; none is any. */
function compared(left: string | undefined, right: string | undefined): 'wider' | 'narrower' | 'apart' {
  if (left === '') return 'wider'
  return right === '' ? 'narrower' : 'apart'
}

/** The case of a type does not count, that of the values of its parameters may. */
function cased(code: string, essence: string): { readonly normal?: string } {
  const normal = essence + code.slice(essence.length)
  return normal !== code && normal.toLowerCase() === code.toLowerCase() ? { normal } : {}
}
