/** Media types of FHIR and how a representation is chosen. https://hl7.org/fhir/R4/http.html#mime-type */
import { type FhirError, fail } from './issue.ts'

export type Format = 'json' | 'xml'

export type MediaType = {
  /** `application/fhir+json`, in lower case. */
  readonly essence: string
  /** Names in lower case, values as they came. */
  readonly parameters: ReadonlyMap<string, string>
}

/** The version in `fhirVersion` that this server speaks. */
const fhirVersion = '4.0'

/** Every spelling that R4 and its forerunners gave to the two formats. */
const spellings: ReadonlyMap<string, Format> = new Map([
  ...(['json', 'xml'] as const).flatMap(format =>
    [format, `application/fhir+${format}`, `application/${format}`, `application/${format}+fhir`, `text/${format}`].map(
      spelling => [spelling, format] as const,
    ),
  ),
])

const offered = 'application/fhir+json or application/fhir+xml'

/** Of a media type or of a `_format` value, in whatever case and with whatever parameters; `undefined`: not FHIR. */
export function formatOf(type: string): Format | undefined {
  const known = spellings.get(type)
  if (known) return known
  const end = type.indexOf(';')
  const essence = (end < 0 ? type : type.slice(0, end)).trim().toLowerCase()
  // `_format=application/fhir+json`, its plus not escaped, is decoded as a space.
  return spellings.get(essence) ?? spellings.get(essence.replace(/^(application\/(?:fhir|json|xml)) /, '$1+'))
}

/** The media type of the representation that goes out. */
export function contentTypeOf(format: Format): string {
  return `application/fhir+${format}; charset=utf-8`
}

/**
 * `type/subtype *( ";" name=value )` and nothing else. Stricter than RFC 9110 in that only blanks may stand around the
 * semicolons, and no name may come twice: whoever reads a header in another way than the next one in line is fooled by it.
 */
export function parseMediaType(text: string): MediaType | undefined {
  const essence = /^([!#$%&'*+.^_`|~\w-]+\/[!#$%&'*+.^_`|~\w-]+)(?= *;|$)/.exec(text)?.[1]
  if (essence === undefined) return undefined
  const parameters = new Map<string, string>()
  const parameter = / *; *([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\]|\\.)*)")(?= *;|$)/y
  parameter.lastIndex = essence.length
  while (parameter.lastIndex < text.length) {
    const [, name, token, quoted] = parameter.exec(text) ?? []
    if (name === undefined || parameters.has(name.toLowerCase())) return undefined
    parameters.set(name.toLowerCase(), token ?? quoted?.replace(/\\(.)/g, '$1') ?? '')
  }
  return { essence: essence.toLowerCase(), parameters }
}

/** The media type of a request's body. Throws 415. */
export function parseContentType(header: string | undefined): MediaType {
  if (header === undefined) throw unsupported(`the body has no Content-Type; expected ${offered}`)
  const type = parseMediaType(header)
  if (!type) {
    throw unsupported(`the Content-Type '${header}' is malformed; expected a media type such as ${offered}`)
  }
  const version = type.parameters.get('fhirversion')
  if (version !== undefined && version !== fhirVersion) {
    throw unsupported(`the Content-Type names FHIR version '${version}'; expected ${fhirVersion}`)
  }
  const charset = type.parameters.get('charset')
  if (charset !== undefined && !/^utf-?8$/i.test(charset) && formatOf(type.essence)) {
    throw unsupported(`the Content-Type names the character set '${charset}'; FHIR is always UTF-8`)
  }
  return type
}

/** What the client wants to read: `_format` beats Accept; nothing or anything means JSON. Throws 406. */
export function negotiate(accept: string | undefined, format: string | undefined): Format {
  if (format !== undefined) {
    const asked = formatOf(format)
    if (asked === undefined) throw unacceptable(`_format '${format}'`)
    const version = /;\s*fhirversion="?([^;"]*)/i.exec(format)?.[1]
    if (version !== undefined && version.trim() !== fhirVersion) throw unacceptable(`_format '${format}'`)
    return asked
  }
  if (accept === undefined || accept === '' || accept === '*/*') return 'json'
  const ranges = parseAccept(accept)
  const [best] = (['json', 'xml'] as const)
    .map(candidate => ({ candidate, ...judge(ranges, candidate) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality || b.precision - a.precision || a.position - b.position)
  if (!best) throw unacceptable(`Accept '${accept}'`)
  return best.candidate
}

/**
 * Whether a read of a Binary is to answer the resource rather than its content: only for the media types of FHIR themselves,
 * or where `_format` says so. https://hl7.org/fhir/R4/binary.html#rest
 */
export function asksForResource(accept: string | undefined, format: string | undefined): boolean {
  if (format !== undefined) return formatOf(format) !== undefined
  if (!accept?.includes('fhir')) return false
  const ranges = parseAccept(accept)
  const best = (fhir: boolean): number =>
    Math.max(0, ...ranges.filter(range => isFhir(range.essence) === fhir).map(range => range.quality))
  return best(true) > 0 && best(true) >= best(false)
}

/** Whether the client asked for the version to be named, so that the answer names it too. */
export function namesVersion(accept: string | undefined): boolean {
  return accept !== undefined && parseAccept(accept).some(range => range.named)
}

function isFhir(essence: string): boolean {
  return essence === 'application/fhir+json' || essence === 'application/fhir+xml'
}

type Range = {
  readonly essence: string
  readonly quality: number
  readonly position: number
  readonly named: boolean
}

/** Ranges of another FHIR version, and those that cannot be understood, are as if they were not there. */
function parseAccept(accept: string): readonly Range[] {
  const parts = accept.match(/(?:[^",]|"(?:[^"\\]|\\.)*")+/g) ?? []
  return parts.flatMap((part, position) => {
    const text = part
      .trim()
      .replaceAll('\t', ' ')
      .replace(/^\*(?= *;|$)/, '*/*')
    const type = parseMediaType(text)
    const version = type?.parameters.get('fhirversion')
    if (!type || (version !== undefined && version !== fhirVersion)) return []
    const quality = Number(type.parameters.get('q') ?? 1)
    if (!(quality >= 0 && quality <= 1)) return []
    return [{ essence: type.essence, quality, position, named: version !== undefined }]
  })
}

/** RFC 9110, 12.5.1: the most precise range that covers a format decides. */
function judge(ranges: readonly Range[], format: Format): Omit<Range, 'essence' | 'named'> & { precision: number } {
  const covering = ranges
    .map(range => ({ ...range, precision: precisionOf(range.essence, format) }))
    .filter(({ precision }) => precision > 0)
    .sort((a, b) => b.precision - a.precision || b.quality - a.quality || a.position - b.position)
  return covering[0] ?? { quality: 0, precision: 0, position: 0 }
}

function precisionOf(essence: string, format: Format): number {
  if (spellings.get(essence) === format) return 3
  if (essence === 'application/*') return 2
  return essence === '*/*' ? 1 : 0
}

function unacceptable(what: string): FhirError {
  return fail(
    'not-supported',
    `${what} asks for nothing that can be given; offered: ${offered}, FHIR version ${fhirVersion}`,
    undefined,
    {
      status: 406,
    },
  )
}

function unsupported(diagnostics: string): FhirError {
  return fail('not-supported', diagnostics, undefined, { status: 415 })
}
