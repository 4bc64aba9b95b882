/** What the races of conditional interactions have in common: criteria, Bundles around a request, and answers of both. */
import type { Asked, Reply } from './client.ts'

const system = 'urn:kiln:faults'

export const criteriaOf = (value: string): string => `identifier=${system}|${value}`

/** The same criteria, in the ways in which clients may write them. */
export const spellings: readonly ((value: string) => string)[] = [
  value => `${criteriaOf(value)}&active=true`,
  value => `active=true&identifier=${system}%7C${value}`,
  value => `active=%74rue&identifier=${encodeURIComponent(`${system}|${value}`)}&_pretty=true`,
]

/** One way to ask about the resource with this identifier. */
export type Form = (value: string, criteria: string, client: number) => Asked

export function patient(value: string, name: string, more: object = {}): object {
  return { resourceType: 'Patient', identifier: [{ system, value }], active: true, name: [{ text: name }], ...more }
}

export type Bundled = 'batch' | 'transaction'

export function inBundle(type: Bundled, request: object, resource?: object): Asked {
  const entry = [{ ...(resource ? { resource } : {}), request }]
  return { method: 'POST', path: '', body: JSON.stringify({ resourceType: 'Bundle', type, entry }) }
}

type Answered = { readonly status: number; readonly etag: string | undefined }
type Responses = {
  readonly entry?: readonly { readonly response: { readonly status: string; readonly etag?: string } }[]
}

/** Of a Bundle, that of its entry. */
export function answerOf({ status, headers, text }: Reply): Answered {
  const { entry } = text === '' ? {} : (JSON.parse(text) as Responses)
  const response = status === 200 ? entry?.[0]?.response : undefined
  return response
    ? { status: Number(response.status.slice(0, 3)), etag: response.etag }
    : { status, etag: headers.etag }
}
