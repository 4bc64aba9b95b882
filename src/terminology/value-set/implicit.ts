/**
 * Value sets that nobody wrote down, because their canonical says it all. https://hl7.org/fhir/R4/snomedct.html#implicit,
 * https://hl7.org/fhir/R4/loinc.html#implicit, https://hl7.org/fhir/R4/ucum.html#implicit
 */
import type { JsonObject } from '../../fhir/resource.ts'
import { parseCanonical } from '../canonical.ts'
import type { Terminology } from './terminology.ts'

/** As a resource that says the same. */
export function implicitValueSet(terminology: Terminology, url: string): JsonObject | undefined {
  return snomed(url) ?? loinc(url) ?? whole(terminology, url)
}

type Filter = { readonly property: string; readonly op: string; readonly value: string }

function valueSet(url: string, name: string, include: JsonObject): JsonObject {
  return { resourceType: 'ValueSet', url, name, status: 'active', compose: { include: [include] } }
}

const snomedForm = /^(http:\/\/snomed\.info\/sct(?:\/\d+(?:\/version\/\d{8})?)?)\?fhir_vs(?:=(.*))?$/s

function snomed(url: string): JsonObject | undefined {
  const [, base, which] = snomedForm.exec(url) ?? []
  if (base === undefined) return undefined
  const filter = which === undefined ? [] : snomedFilter(which)
  if (filter === undefined) return undefined
  const version = base === 'http://snomed.info/sct' ? {} : { version: base }
  return valueSet(url, 'SNOMEDCT', {
    system: 'http://snomed.info/sct',
    ...version,
    ...(filter.length === 0 ? {} : { filter }),
  })
}

/** `undefined`: a form that the specification does not have. */
function snomedFilter(which: string): readonly Filter[] | undefined {
  // Foundation metadata concept 900000000000455006: whatever is below it is a reference set.
  if (which === 'refset') return [{ property: 'concept', op: 'descendent-of', value: '900000000000455006' }]
  const [, kind, rest = ''] = /^(isa|refset|ecl)\/(.+)$/s.exec(which) ?? []
  const value = decoded(rest)
  if (value === undefined) return undefined
  if (kind === 'isa') return [{ property: 'concept', op: 'is-a', value }]
  if (kind === 'refset') return [{ property: 'concept', op: 'in', value }]
  return kind === 'ecl' ? [{ property: 'constraint', op: '=', value }] : undefined
}

/** Clients encode expressions once or not at all. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** LL: answers of an answer list. LP: the codes below a part of the hierarchy. LG: a group. */
function loinc(url: string): JsonObject | undefined {
  const [, code] = /^http:\/\/loinc\.org\/vs(?:\/(L[LPG]\d+-\d))?$/.exec(url) ?? []
  if (code === undefined) {
    return url === 'http://loinc.org/vs' ? valueSet(url, 'LOINC', { system: 'http://loinc.org' }) : undefined
  }
  const property = code.startsWith('LL') ? 'LIST' : code.startsWith('LP') ? 'ancestor' : 'GROUP'
  return valueSet(url, code.replace('-', ''), {
    system: 'http://loinc.org',
    filter: [{ property, op: '=', value: code }],
  })
}

/** `CodeSystem.valueSet`, and `…/vs` of code systems that say nothing of theirs. */
function whole(terminology: Terminology, url: string): JsonObject | undefined {
  const named = terminology.systemOfAll(url)
  const guessed = url.endsWith('/vs') ? url.slice(0, -3) : url.endsWith('?fhir_vs') ? url.slice(0, -8) : undefined
  const system = named ?? (guessed !== undefined && terminology.codeSystem(guessed) !== undefined ? guessed : undefined)
  return system === undefined ? undefined : valueSet(url, 'All', { system: parseCanonical(system).url })
}
