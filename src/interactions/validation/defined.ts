/**
 * Findings about a StructureDefinition that is about to be stored, beyond those about any resource: can anything be checked by it?
 * What it stands on may be stored after it, so that its absence is only warned of. https://hl7.org/fhir/R4/structuredefinition.html
 */
import { condense } from '../../conformance/condense.ts'
import type { Layer } from '../../conformance/layer.ts'
import type { Constraint, StructureDefinition } from '../../conformance/structure-definition.ts'
import { withOwn } from '../../conformance/structures.ts'
import { error, FhirError, type Issue } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { CompileInvariant } from '../../validation/invariant.ts'

export function openStructureIssues(compileInvariant: CompileInvariant) {
  const compile = compileOnce(compileInvariant)
  return (resource: Resource, at: string, layer: Layer): readonly Issue[] => {
    const definition = condense(resource)
    if (layer.isCore(definition.url)) return [overridden(definition, at)]
    return [...faultsOf(definition, layer, at), ...constraintFaults(definition, at, compile)]
  }
}

/** Throws what the compiler does. */
type Compile = (expression: string, type: string) => void

const remembered = { expressions: 5_000, characters: 1_000 } // R4 and the largest guides have some thousands, and few longer ones

/** Snapshots repeat the constraints of what they stand on. */
function compileOnce(compileInvariant: CompileInvariant): Compile {
  const sound = new Set<string>()
  return (expression, type) => {
    const name = `${type} ${expression}`
    if (sound.has(name)) return
    compileInvariant(expression, type, 'own')
    if (sound.size >= remembered.expressions) sound.clear()
    if (name.length <= remembered.characters) sound.add(name)
  }
}

/** "Core definitions may be stored, not overridden." */
function overridden({ url }: StructureDefinition, at: string): Issue {
  const diagnostics = `${url} is defined by R4 itself: this is stored, but what R4 says goes on to hold`
  return { ...error('business-rule', diagnostics, `${at}.url`), severity: 'information' }
}

function faultsOf(definition: StructureDefinition, layer: Layer, at: string): readonly Issue[] {
  const { url, version, baseDefinition } = definition
  const faults = withOwn(layer, [definition]).faults(version === undefined ? url : `${url}|${version}`)
  const isBased = baseDefinition === undefined || layer.find(baseDefinition) !== undefined
  return faults.map(fault => ({
    ...fault,
    code: 'business-rule',
    severity: isBased ? fault.severity : 'warning',
    expression: fault.expression?.replace(/^StructureDefinition/, at) ?? at,
  }))
}

function constraintFaults(
  { type, ...definition }: StructureDefinition,
  at: string,
  compile: Compile,
): readonly Issue[] {
  const part = definition.snapshot === undefined ? 'differential' : 'snapshot'
  return (definition[part]?.element ?? []).flatMap(({ constraint = [] }, index) =>
    constraint.flatMap(each => compileFault(each, type, `${at}.${part}.element[${index}]`, compile)),
  )
}

/** A function that is not known here may be known elsewhere, and in a later version of Kiln. */
function compileFault({ key, expression }: Constraint, type: string, at: string, compile: Compile): readonly Issue[] {
  if (expression === undefined) return []
  try {
    compile(expression, type)
    return []
  } catch (cause) {
    if (!(cause instanceof FhirError)) throw cause
    const isMistake = cause.issues.some(({ code }) => code === 'invalid')
    const fault = error('business-rule', `the constraint ${key} is of no use: ${cause.message}`, at)
    return [{ ...fault, severity: isMistake ? 'error' : 'warning' }]
  }
}
