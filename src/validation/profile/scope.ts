/** What the compilers of rules know of their surroundings. */
import type { StructureDefinition, TypeRef } from '../../conformance/structure-definition.ts'
import type { Issue, IssueCode, Severity } from '../../fhir/issue.ts'
import type { CompileInvariant } from '../invariant.ts'
import type { Part, Tree } from './part.ts'
import type { ItemCheck } from './run.ts'

/** All definitions of one time and tenant, each compiled when it is first needed. */
export type Library = {
  readonly compileInvariant: CompileInvariant
  readonly now: (() => number) | undefined
  /** R4 itself defines it. */
  isCore(url: string): boolean
  /** Why a definition that is there cannot be found. */
  faults(canonical: string): readonly Issue[]
  find(canonical: string): StructureDefinition | undefined
  tree(canonical: string): Tree | undefined
  /** What a type's own definition asks of a value: a name that has none asks nothing. */
  type(name: string): ItemCheck
  /** What a profile asks beyond that. */
  profile(canonical: string): Profile | undefined
}

export type Profile = {
  readonly definition: StructureDefinition
  readonly check: ItemCheck
}

export type Scope = {
  readonly library: Library
  readonly definition: StructureDefinition
  /** Notes a fault of the definition itself, for the outcome of what is checked by it. */
  readonly problem: (text: string) => void
  /** Elements that contentReferences lead to: they may stand around what refers to them. */
  readonly compiled: Map<Part, ItemCheck>
}

/**
 * The definitions that a value has to fulfil anyway, from which a rule is left out if it stands there already: for an element
 * of a profile that of its type, for a slice the element that it slices too. None: the type's own definition is compiled.
 */
export type Against = readonly Part[]

export const coreCanonical = 'http://hl7.org/fhir/StructureDefinition/'

const systemTypes = 'http://hl7.org/fhirpath/System.'

/** `http://hl7.org/fhirpath/System.String` stands for the primitive that has the value. */
export function typeName({ code }: TypeRef): string {
  return code.startsWith(systemTypes) ? code.slice(systemTypes.length).toLowerCase() : code
}

export function isPrimitiveType(name: string): boolean {
  return /^[a-z]/.test(name)
}

export function typesOf({ definition, root }: Part): readonly string[] {
  if (definition.contentReference === undefined) return (definition.type ?? []).map(typeName)
  return [referenced(definition.contentReference, root)?.definition.path ?? definition.path]
}

/** The element that `#Questionnaire.item` stands for. */
export function referenced(contentReference: string, root: Part): Part | undefined {
  const id = contentReference.slice(contentReference.indexOf('#') + 1)
  const steps = id.split('.').slice(1)
  return steps.reduce<Part | undefined>((part, step) => {
    const [name = '', slice] = step.split(':')
    const child = part?.children.get(name)
    return slice === undefined ? child : child?.slices.find(({ definition }) => definition.sliceName === slice)
  }, root)
}

/** The child by its name in the path, from the part's own children, else from the definition of its profile or type. */
export function childOf(part: Part, name: string, { tree }: Library, types = typesOf(part)): Part | undefined {
  const own = part.children.get(name)
  if (own !== undefined) return own
  const { contentReference, type = [] } = part.definition
  if (contentReference !== undefined) return referenced(contentReference, part.root)?.children.get(name)
  const [only] = types
  if (only === undefined || types.length > 1) return undefined
  const [profile, another] = type.find(ref => typeName(ref) === only)?.profile ?? []
  const profiled = profile === undefined || another !== undefined ? undefined : tree(profile)?.root.children.get(name)
  return profiled ?? tree(coreCanonical + only)?.root.children.get(name)
}

/** A finding that some definition asks for. */
export function asked(
  { definition }: Scope,
  code: IssueCode,
  diagnostics: string,
  severity: Severity = 'error',
  key?: string,
): Issue {
  return { severity, code, diagnostics, ...(key === undefined ? {} : { key }), source: definition.url }
}
