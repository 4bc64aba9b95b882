/**
 * The code systems, value sets and concept maps that HL7 published with R4, without prose that says nothing of codes: 6 MB as
 * JSON, so each is packed by itself. https://hl7.org/fhir/R4/terminologies-systems.html
 */
import { readFileSync } from 'node:fs'
import { brotliCompressSync } from 'node:zlib'
import type { CodeSystem, CodeSystemConcept, ConceptMap, ValueSet } from '@medplum/fhirtypes'
import { packedIn, type TerminologyHeader, unpackText } from '../terminology.ts'
import { read, source } from './package.ts'

type Published = CodeSystem | ValueSet | ConceptMap

const artifact = new URL('../terminology.generated.json', import.meta.url)
const STANDARDS_STATUS = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status'

/**
 * One resource to a line, what it is found by in plain text. What is packed already stays as it is: another version of the
 * compressor would pack the same content otherwise.
 */
export function printTerminology(): string {
  const before = packedBefore()
  const lines = published().map(resource => {
    const text = JSON.stringify(condensed(resource))
    return JSON.stringify({ ...headerOf(resource), packed: before.get(text) ?? pack(text) })
  })
  return `{"generated":${JSON.stringify(source())},"resources":[\n${lines.join(',\n')}\n]}\n`
}

function packedBefore(): ReadonlyMap<string, string> {
  try {
    return new Map(packedIn(readFileSync(artifact, 'utf8')).map(({ packed }) => [unpackText(packed), packed]))
  } catch {
    return new Map() // there is none yet, or not as it is now
  }
}

function pack(text: string): string {
  return brotliCompressSync(text).toString('base64')
}

/** The package carries two definitions of a later release; those of HL7 v2 and v3 have versions of their own. */
function published(): readonly Published[] {
  const files = ['valuesets.json', 'v2-tables.json', 'v3-codesystems.json']
  const all = [
    ...files.flatMap(file => read(file, 'CodeSystem')),
    ...files.flatMap(file => read(file, 'ValueSet')),
    ...read('conceptmaps.json', 'ConceptMap'),
  ]
  return all.filter(({ version }) => version !== '5.0.0')
}

function headerOf(resource: Published): TerminologyHeader {
  const { resourceType, url = '', version } = resource
  const { content, valueSet } = resource.resourceType === 'CodeSystem' ? resource : {}
  return {
    resourceType,
    url,
    ...(version === undefined ? {} : { version }),
    ...(content === undefined ? {} : { content }),
    ...(valueSet === undefined ? {} : { valueSet }),
  }
}

const prose: ReadonlySet<string> = new Set([
  'id',
  'meta',
  'text',
  'identifier',
  'date',
  'publisher',
  'contact',
  'description',
  '_description',
  'useContext',
  'jurisdiction',
  'purpose',
  'immutable',
])

function condensed(resource: Published): object {
  const entries = Object.entries(resource).filter(([name]) => !prose.has(name) && name !== 'extension')
  const extension = resource.extension?.filter(({ url }) => url === STANDARDS_STATUS) ?? []
  return {
    ...Object.fromEntries(entries),
    ...(extension.length > 0 ? { extension } : {}),
    ...(resource.resourceType === 'CodeSystem' && resource.concept
      ? { concept: resource.concept.map(withoutNotes) }
      : {}),
  }
}

/** Comments on concepts, and their translations. */
function withoutNotes({ extension: _, concept, ...rest }: CodeSystemConcept): CodeSystemConcept {
  return { ...rest, ...(concept ? { concept: concept.map(withoutNotes) } : {}) }
}
