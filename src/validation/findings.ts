/** Where the checks write what they find; the path is kept as steps and becomes text only for a finding. */
import { Decimal } from '../fhir/decimal.ts'
import { error, type Issue, type IssueCode, isError } from '../fhir/issue.ts'

/**
 * One per checked resource, the only thing that changes while it is checked: a valid resource
 * allocates nothing else. A step is a property name or an index.
 */
export type Findings = {
  readonly root: string
  readonly path: (string | number)[]
  readonly issues: Issue[]
  left: number
}

export const mostFindings = 100 // findings; more of them help nobody and would let a bad bundle make a huge answer

export function findingsAt(root: string): Findings {
  return { root, path: [], issues: [], left: 0 }
}

/** At the current path, or at the element that the further steps lead to. */
export function report(found: Findings, code: IssueCode, text: string, ...steps: readonly (string | number)[]): void {
  keep(found, true, () => error(code, text, expressionOf(found, steps) || undefined))
}

/** At the current path: a finding that may be less than an error, or that a definition asks for. */
export function add(found: Findings, issue: Issue): void {
  keep(found, isError(issue), () => {
    const expression = expressionOf(found, [])
    return expression === '' ? issue : { ...issue, expression }
  })
}

/** Findings that know their place already. */
export function addAll(found: Findings, issues: Iterable<Issue>): void {
  for (const issue of issues) keep(found, isError(issue), () => issue)
}

/** Where there are too many, an error takes the place of what is less: whether there is one decides about a write. */
function keep(found: Findings, isFault: boolean, make: () => Issue): void {
  const { issues } = found
  if (issues.length < mostFindings) {
    issues.push(make())
    return
  }
  found.left += 1
  const place = isFault ? issues.findLastIndex(issue => !isError(issue)) : -1
  if (place >= 0) issues[place] = make()
}

/** The path as text. */
export function placeOf(found: Findings): string {
  return expressionOf(found, [])
}

export function isFull(found: Findings): boolean {
  return found.issues.length >= mostFindings
}

/** Nothing that is found from now on will be told. */
export function isDone({ issues }: Findings): boolean {
  return issues.length >= mostFindings && issues.every(isError)
}

export function issuesOf({ issues, left }: Findings): readonly Issue[] {
  if (left === 0) {
    return issues
  }
  const diagnostics = `${left} further findings are left out: correct these ${mostFindings} first.`
  return [...issues, { severity: 'information', code: 'informational', diagnostics }]
}

/** https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.expression: names, indices, dots. */
function expressionOf({ root, path }: Findings, steps: readonly (string | number)[]): string {
  return [...path, ...steps].reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    root,
  )
}

/** What was received, for the reader of a finding. */
export function describe(value: unknown): string {
  if (value === null) {
    return 'null'
  }
  if (Array.isArray(value)) {
    return 'an array'
  }
  switch (typeof value) {
    case 'string':
      return `the string ${quote(value)}`
    case 'number':
      return `the number ${value}`
    case 'boolean':
      return `the boolean ${value}`
    default:
      return value instanceof Decimal ? `the number ${quote(value.text)}` : 'an object'
  }
}

/** Text as it was sent, short enough to stand in a sentence. */
export function quote(text: string): string {
  return text.length > 64 ? `'${text.slice(0, 64)}…'` : `'${text}'`
}
