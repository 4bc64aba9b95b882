/**
 * Value sets that nobody wrote down, because their canonical says it all. https://hl7.org/fhir/R4/snomedct.html#implicit,
 * https://hl7.org/fhir/R4/loinc.html#implicit, https://hl7.org/fhir/R4/ucum.html#implicit
 */
import type { JsonObject } from '../../fhir/resource.ts'
import { parseCanonical } from '../canonical.ts'
import type { CodeSystem } from '../code-system.ts'
import type { Concept } from '../concept-set.ts'
import { objectOf, objectsOf, textOf } from '../element.ts'
import { isRelated } from '../resource/supplemented.ts'
import type { Terminology } from './terminology.ts'
import { findSystem } from './version-rules.ts'

/** As a resource that says the same. */
export function implicitValueSet(terminology: Terminology, url: string): JsonObject | undefined {
  const found =
    snomed(terminology, url) ?? loinc(terminology, url) ?? units(terminology, url) ?? whole(terminology, url)
  const [include] = objectsOf(objectOf(found, 'compose'), 'include')
  const system = include && findSystem(terminology, textOf(include, 'system') ?? '', textOf(include, 'version'))
  const copyright = system?.facts.copyright
  return found && copyright !== undefined ? { ...found, copyright } : found
}

type Filter = { readonly property: string; readonly op: string; readonly value: string }

function valueSet(url: string, name: string, include: JsonObject): JsonObject {
  return { resourceType: 'ValueSet', url, name, status: 'active', compose: { include: [include] } }
}

const snomedForm = /^(http:\/\/snomed\.info\/sct(?:\/\d+(?:\/version\/\d{8})?)?)\?fhir_vs(?:=(.*))?$/s

const sct = 'http://snomed.info/sct'

function snomed(terminology: Terminology, url: string): JsonObject | undefined {
  const [, base, which] = snomedForm.exec(url) ?? []
  if (base === undefined) return undefined
  const filter = which === undefined ? [] : snomedFilter(which)
  if (filter === undefined) return undefined
  const version = base === sct ? undefined : base
  if (filter.some(({ op }) => op === 'in') && !hasRefset(findSystem(terminology, sct, version), filter[0]?.value)) {
    return undefined
  }
  return valueSet(url, 'SNOMEDCT', {
    system: sct,
    ...(version === undefined ? {} : { version }),
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

/** What is known to be no reference set is no value set; of an edition that is not there, nothing is known. */
function hasRefset(system: CodeSystem | undefined, code = ''): boolean {
  if (system === undefined) return true
  const concept = system.find(code)
  return concept !== undefined && isRelated(system) && system.refsets().has(concept)
}

/** Clients encode expressions once or not at all. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const loincSystem = 'http://loinc.org'

/** LL: answers of an answer list. LP: the codes below a part of the hierarchy. LG: a group. */
function loinc(terminology: Terminology, url: string): JsonObject | undefined {
  const [, code] = /^http:\/\/loinc\.org\/vs(?:\/(L[LPG]\d+-\d))?$/.exec(url) ?? []
  if (code === undefined) {
    return url === 'http://loinc.org/vs' ? valueSet(url, 'LOINC', { system: loincSystem }) : undefined
  }
  const name = code.replace('-', '')
  const answers = answersOf(terminology, code)
  if (answers.length > 0) return valueSet(url, name, { system: loincSystem, concept: answers })
  if (code.startsWith('LG')) return groups(terminology, url, code)
  const property = code.startsWith('LL') ? 'LIST' : 'ancestor'
  return valueSet(url, name, { system: loincSystem, filter: [{ property, op: '=', value: code }] })
}

/** With the terms of all groups below it. */
function groups(terminology: Terminology, url: string, code: string): JsonObject | undefined {
  const system = terminology.codeSystem(loincSystem)
  const group = system?.find(code)
  if (system !== undefined && group === undefined && system.facts.content === 'complete') return undefined
  const below = system === undefined || group === undefined ? [] : [...system.descendants(group)]
  const value = [code, ...below.map(each => system?.code(each))].join(',')
  const filter = [{ property: 'GROUP', op: 'in', value }]
  return valueSet(url, code.replace('-', ''), { system: loincSystem, filter })
}

/** In their order, which is one of the list: an answer is in many. */
function answersOf(terminology: Terminology, list: string): readonly { readonly code: string }[] {
  const system = terminology.codeSystem(loincSystem)
  const refset = system?.find(list)
  if (system === undefined || refset === undefined || !isRelated(system)) return []
  const order = (answer: Concept): number => Number(system.fields?.(refset, answer)[0]?.['order'] ?? 0)
  const answers = Array.from(system.members(refset), answer => ({ answer, order: order(answer) }))
  return answers.sort((a, b) => a.order - b.order).map(({ answer }) => ({ code: system.code(answer) }))
}

const ucum = 'http://unitsofmeasure.org'

/** "Ucum Expressions comparable to [expression]" */
function units(terminology: Terminology, url: string): JsonObject | undefined {
  const [, expression] = /^http:\/\/unitsofmeasure\.org\/vs\/(.+)$/s.exec(url) ?? []
  if (expression === undefined) return undefined
  // The percent is a unit, too: what cannot be decoded was not encoded.
  const value = decoded(expression) ?? expression
  if (terminology.codeSystem(ucum)?.grammar?.check(value).valid !== true) return undefined
  const filter = [{ property: 'comparable', op: '=', value }]
  return valueSet(url, `Ucum Expressions comparable to ${value}`, { system: ucum, filter })
}

/** `CodeSystem.valueSet`, and `…/vs` of code systems that say nothing of theirs. */
function whole(terminology: Terminology, url: string): JsonObject | undefined {
  const named = terminology.systemOfAll(url)
  const guessed = url.endsWith('/vs') ? url.slice(0, -3) : url.endsWith('?fhir_vs') ? url.slice(0, -8) : undefined
  const system = named ?? (guessed !== undefined && terminology.codeSystem(guessed) !== undefined ? guessed : undefined)
  return system === undefined ? undefined : valueSet(url, 'All', { system: parseCanonical(system).url })
}
