/** Media types with their parameters. https://hl7.org/fhir/R4/valueset-mimetypes.html, https://www.rfc-editor.org/rfc/rfc6838 */
import { parseMediaType } from '../../../fhir/media-type.ts'
import type { CodeSystem } from '../../code-system.ts'
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
    { url: 'urn:ietf:bcp:13', name: 'MimeTypes', title: 'Media types (RFC 6838)', caseSensitive: false },
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
    },
  )
}

/** The case of a type does not count, that of the values of its parameters may. */
function cased(code: string, essence: string): { readonly normal?: string } {
  const normal = essence + code.slice(essence.length)
  return normal !== code && normal.toLowerCase() === code.toLowerCase() ? { normal } : {}
}
