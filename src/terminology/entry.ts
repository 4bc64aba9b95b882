/** A CodeSystem, ValueSet or ConceptMap that is read and compiled when it is first needed, and kept from then on. */
import type { FiledTerminology, TerminologyHeader, TerminologyType } from '../conformance/terminology.ts'
import type { JsonObject, Resource } from '../fhir/resource.ts'
import type { CodeSystem } from './code-system.ts'
import { textOf } from './element.ts'
import { readCodeSystem } from './resource/resource-code-system.ts'

export type Entry = {
  readonly header: TerminologyHeader
  readonly resource: () => JsonObject
  /** Of a CodeSystem. */
  readonly system: () => CodeSystem
}

export function entryOf({ header, read }: FiledTerminology): Entry {
  let pending: (() => JsonObject) | undefined = read
  let resource: JsonObject | undefined
  let system: CodeSystem | undefined
  const readOnce = (): JsonObject => {
    resource ??= pending?.() ?? {}
    pending = undefined // may hold the text
    return resource
  }
  return {
    header,
    resource: readOnce,
    system() {
      system ??= readCodeSystem(readOnce()).system
      return system
    },
  }
}

const types: ReadonlySet<string> = new Set<TerminologyType>(['CodeSystem', 'ValueSet', 'ConceptMap'])

/** `undefined`: not of a terminology. */
export function headerOf(resource: Resource): TerminologyHeader | undefined {
  const { resourceType } = resource
  if (!isTerminologyType(resourceType)) return undefined
  const named = (name: 'version' | 'content' | 'valueSet') => {
    const text = textOf(resource, name)
    return text === undefined ? {} : { [name]: text }
  }
  return {
    resourceType,
    url: textOf(resource, 'url') ?? '',
    ...named('version'),
    ...named('content'),
    ...named('valueSet'),
  }
}

function isTerminologyType(type: string): type is TerminologyType {
  return types.has(type)
}
