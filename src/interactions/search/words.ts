/** `_text` and `_content`, which no index knows: words of the narrative, or of all texts. https://hl7.org/fhir/R4/search.html#content */
import { parseJson } from '../../fhir/json.ts'
import { isObject, type Json } from '../../fhir/resource.ts'
import type { Query, Said } from '../../search/query.ts'
import { fold } from '../../search/values/fold.ts'

export type Words = Query['words']

/** All of the criteria hold. */
export function says(words: Words, json: string): boolean {
  if (words.length === 0) return true
  const resource = parseJson(json)
  return words.every(criterion => {
    const texts = criterion.in === '_text' ? narrativeOf(resource) : [...textsIn(resource)]
    return holds(criterion.said, texts.map(spaced).join(border))
  })
}

function holds(said: Said, text: string): boolean {
  switch (said.is) {
    case 'words':
      return text.includes(` ${said.text}`)
    case 'not':
      return !holds(said.of, text)
    case 'and':
      return said.of.every(each => holds(each, text))
    default:
      return said.of.some(each => holds(each, text))
  }
}

/** What ends one text and begins another does not follow each other. */
const border = '\n'

/** Each word after a space, and none elsewhere. */
function spaced(text: string): string {
  return fold(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '')
    .map(word => ` ${word}`)
    .join('')
}

function narrativeOf(resource: Json): readonly string[] {
  const text = isObject(resource) ? resource['text'] : undefined
  const div = isObject(text) ? text['div'] : undefined
  return typeof div === 'string' ? [withoutTags(div)] : []
}

function* textsIn(value: Json): Generator<string> {
  if (typeof value === 'string') yield value
  else if (Array.isArray(value)) for (const item of value as readonly Json[]) yield* textsIn(item)
  else if (isObject(value)) {
    for (const [name, item] of Object.entries(value)) {
      if (name === 'div' && typeof item === 'string') yield withoutTags(item)
      else if (item !== undefined && name !== 'resourceType') yield* textsIn(item)
    }
  }
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** A narrative is valid XHTML without CDATA, as was checked when it was stored. */
function withoutTags(div: string): string {
  const text = div.replaceAll(/<!--[\s\S]*?-->|<(?:"[^"]*"|'[^']*'|[^'">])*>/g, ' ')
  return text.replaceAll(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g, (whole, hex, decimal, name) => {
    if (name !== undefined) return entities[name] ?? whole
    const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole
  })
}
