/** Constraints in FHIRPath. https://hl7.org/fhir/R4/conformance-rules.html#constraints */
import type { Constraint } from '../../conformance/structure-definition.ts'
import type { Issue, Severity } from '../../fhir/issue.ts'
import type { Json, JsonObject } from '../../fhir/resource.ts'
import { add } from '../findings.ts'
import type { Invariant } from '../invariant.ts'
import { ownWords } from './own-words.ts'
import { labelOf, type Part } from './part.ts'
import type { ItemCheck, Run } from './run.ts'
import { type Against, coreCanonical, type Library, type Scope } from './scope.ts'

/** What the structural check has proven before. */
const proven = new Set(['ele-1', 'ext-1', 'dom-2', 'txt-1', 'txt-2'])

/** R4's ras-2 forgets that there may be no probability. */
const corrected = new Map([
  ['ras-2', 'probability.empty() or (probability is decimal implies (probability as decimal) <= 100)'],
])

export function invariantChecks(
  part: Part,
  types: readonly string[],
  against: Against,
  scope: Scope,
): readonly ItemCheck[] {
  const constraints = part.definition.constraint ?? []
  return constraints
    .filter(constraint => !isGiven(constraint, part, types, against, scope.library))
    .flatMap(constraint => {
      const { expression } = constraint
      const check = expression === undefined ? undefined : compile(constraint, expression, part, types, scope)
      return check === undefined ? [] : [check]
    })
}

/**
 * Snapshots repeat at an element the constraints of its type, with which every value of it is checked anyway; R4's own are
 * told by their key, because packages spell their expressions as other releases do.
 */
function isGiven(
  { key, expression, source }: Constraint,
  part: Part,
  types: readonly string[],
  against: Against,
  library: Library,
): boolean {
  if (against.length === 0 && proven.has(key)) return true
  const given = [...against, ...(part === part.root ? [] : types.flatMap(type => rootOf(type, library)))]
  const isCore = source?.startsWith(coreCanonical) === true
  return given.some(({ definition: { constraint = [] } }) =>
    constraint.some(known => known.key === key && (isCore || known.expression === expression)),
  )
}

function rootOf(type: string, { tree }: Library): readonly Part[] {
  const root = type === 'Resource' ? undefined : tree(coreCanonical + type)?.root
  return root === undefined ? [] : [root]
}

function compile(
  constraint: Constraint,
  expression: string,
  part: Part,
  types: readonly string[],
  scope: Scope,
): ItemCheck | undefined {
  const compiled = new Map<string, Invariant | undefined>()
  const compileFor = (type: string): Invariant | undefined => {
    if (!compiled.has(type)) compiled.set(type, compiledOr(expression, type, constraint, part, scope))
    return compiled.get(type)
  }
  // Compiled now, so that its faults are known: only what may be of several types is compiled for each when it comes by.
  const [only = part.definition.path, another] = types.map(type => focusType(type, part))
  const single = another === undefined ? compileFor(only) : undefined
  if (another === undefined && single === undefined) return undefined
  const source = constraint.source ?? scope.definition.url
  const told = { ...constraint, source }
  return (value, twin, type, run) => {
    const invariant = single ?? compileFor(type)
    if (invariant !== undefined) judge(invariant, value, twin, told, run)
  }
}

/** Elements that a resource defines itself have no type of their own name: they are known by their path. */
function focusType(type: string, { definition }: Part): string {
  return type === 'BackboneElement' || type === 'Element' ? definition.path : type
}

function compiledOr(
  expression: string,
  type: string,
  { key }: Constraint,
  { definition }: Part,
  scope: Scope,
): Invariant | undefined {
  try {
    const { library, definition: by } = scope
    if (!library.isCore(by.url)) return library.compileInvariant(expression, type, 'own')
    return ownWords.get(key) ?? library.compileInvariant(corrected.get(key) ?? expression, type, 'core')
  } catch (cause) {
    scope.problem(`the constraint ${key} of ${labelOf(definition)} is not applied: ${reason(cause)}`)
    return undefined
  }
}

function judge(
  invariant: Invariant,
  value: Json | undefined,
  twin: JsonObject | undefined,
  constraint: Constraint,
  run: Run,
): void {
  const severity = severityOf(constraint, run)
  if (severity === undefined) return
  const { key, human } = constraint
  try {
    if (invariant(value, twin, run.around)) return
    tell(constraint, { severity, code: 'invariant', diagnostics: `broken rule ${key}: ${human}` }, run)
  } catch (cause) {
    const diagnostics = `cannot tell whether ${key} is kept: ${reason(cause)}`
    tell(constraint, { severity: 'warning', code: 'processing', diagnostics }, run)
  }
}

function tell({ key, source }: Constraint, issue: Issue, { found }: Run): void {
  add(found, { ...issue, key, ...(source === undefined ? {} : { source }) })
}

function severityOf({ severity, bestPractice }: Constraint, { options }: Run): Severity | undefined {
  if (bestPractice !== true) return severity
  const { bestPractice: told = 'warning' } = options
  if (told === 'off') return undefined
  return told === 'hint' ? 'information' : told
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
