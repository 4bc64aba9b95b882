/**
 * R4's own code systems, value sets and concept maps, those of HL7 v2 and v3 included: https://hl7.org/fhir/R4/terminologies-systems.html
 * Each is unpacked when it is first asked for.
 */
import { readFileSync } from 'node:fs'
import { brotliDecompressSync } from 'node:zlib'
import type { JsonObject } from '../fhir/resource.ts'

export type TerminologyType = 'CodeSystem' | 'ValueSet' | 'ConceptMap'

/** What a resource is found by. */
export type TerminologyHeader = {
  readonly resourceType: TerminologyType
  readonly url: string
  readonly version?: string
  /** Of a code system. */
  readonly content?: string
  /** Of a code system: the value set of all its codes. */
  readonly valueSet?: string
}

/** A resource that is read when it is needed. */
export type FiledTerminology = { readonly header: TerminologyHeader; readonly read: () => JsonObject }

/** One line of `terminology.generated.json`. */
export type PackedLine = TerminologyHeader & { readonly packed: string }

const artifact = new URL('./terminology.generated.json', import.meta.url)

/** Some 2,400; reading the file takes 10 ms. */
export function loadTerminology(): readonly FiledTerminology[] {
  return packedIn(readFileSync(artifact, 'utf8')).map(({ packed, ...header }) => ({
    header,
    read: () => unpack(packed),
  }))
}

/** As written by `generate/terminology.ts`, which a test proves. */
export function packedIn(artifact: string): readonly PackedLine[] {
  const { resources }: { readonly resources: readonly PackedLine[] } = JSON.parse(artifact)
  return resources
}

export function unpack(packed: string): JsonObject {
  return JSON.parse(unpackText(packed))
}

export function unpackText(packed: string): string {
  return brotliDecompressSync(Buffer.from(packed, 'base64')).toString()
}
