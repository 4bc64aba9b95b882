/** https://hl7.org/fhir/R4/search.html#reference */
import { parseReference } from '../../fhir/reference.ts'
import { isObject, type Json } from '../../fhir/resource.ts'
import { parseCanonical } from './canonical.ts'
import { objectOf, textOf } from './member.ts'
import type { Extract, ParameterType } from './parameter-type.ts'

/** What an element refers to, in each of the ways that it says so. */
export type ReferenceValue = { readonly type: 'reference' } /** A resource of this server. */ & (
  | { readonly by: 'id'; readonly target: string; readonly id: string; readonly version?: string }
  /** A resource elsewhere, or something that only its owner can find: `urn:uuid:…`. */
  | { readonly by: 'url'; readonly url: string; readonly version?: string }
  | { readonly by: 'canonical'; readonly url: string; readonly version?: string }
  /** `#id`, in the same resource; empty: that resource itself. */
  | { readonly by: 'contained'; readonly id: string }
  /** For `:identifier`; `target` where `Reference.type` tells it. At least one of `system` and `value` is there. */
  | { readonly by: 'identifier'; readonly system?: string; readonly value?: string; readonly target?: string }
)

/** Of the resource that a Bundle carries, if it has no id. */
export const nameless = '-'

const canonical: Extract<ReferenceValue> = element => {
  const parsed = parseCanonical(textOf(element) ?? '')
  return parsed === undefined ? [] : [{ type: 'reference', by: 'canonical', ...parsed }]
}

export const reference: ParameterType<ReferenceValue> = {
  extract: {
    Reference: (element, base) => {
      const { reference: literal, identifier, type } = objectOf(element)
      const byLiteral = literalOf(textOf(literal), base)
      const byIdentifier = identifier === undefined ? undefined : identifierOf(identifier, textOf(type))
      return [byLiteral, byIdentifier].filter(value => value !== undefined)
    },
    canonical,
    uri: canonical,
    /** `Bundle.entry[0].resource`: the parameter refers to what the Bundle carries, and to what may be stored under that id. */
    Resource: element => {
      const { resourceType, id } = objectOf(element)
      const [target, name] = [textOf(resourceType), textOf(id)]
      const carried: ReferenceValue = { type: 'reference', by: 'contained', id: name ?? nameless }
      return target === undefined || name === undefined
        ? [carried]
        : [{ type: 'reference', by: 'id', target, id: name }, carried]
    },
  },
}

const history = /\/_history\/([^/]*)$/

function literalOf(text: string | undefined, base: string | undefined): ReferenceValue | undefined {
  if (text === undefined) return undefined
  const parsed = parseReference(text, base)
  switch (parsed.kind) {
    case 'local': {
      const { type: target, id, version } = parsed
      return { type: 'reference', by: 'id', target, id, ...(version && { version }) }
    }
    case 'absolute': {
      const { url, version } = parsed
      return {
        type: 'reference',
        by: 'url',
        url: version ? url.replace(history, '') : url,
        ...(version && { version }),
      }
    }
    case 'urn':
      return { type: 'reference', by: 'url', url: parsed.urn }
    case 'contained':
      return { type: 'reference', by: 'contained', id: parsed.id }
    default:
      return undefined
  }
}

function identifierOf(identifier: Json, target: string | undefined): ReferenceValue | undefined {
  if (!isObject(identifier)) return undefined
  const [system, value] = [textOf(identifier['system']), textOf(identifier['value'])]
  if (system === undefined && value === undefined) return undefined
  return {
    type: 'reference',
    by: 'identifier',
    ...(system && { system }),
    ...(value && { value }),
    ...(target && { target }),
  }
}
