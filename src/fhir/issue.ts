/** One throwable for all refusals, and how findings become an OperationOutcome. https://hl7.org/fhir/R4/operationoutcome.html */
import type { JsonObject, Resource } from './resource.ts'

export type Severity = 'fatal' | 'error' | 'warning' | 'information'

/** https://hl7.org/fhir/R4/valueset-issue-type.html: the codes that Kiln uses, with the HTTP status each one stands for. */
const statusOf = {
  invalid: 400,
  structure: 400,
  required: 400,
  value: 400,
  'too-long': 413,
  'too-costly': 403,
  invariant: 422,
  'business-rule': 422,
  'code-invalid': 422,
  extension: 422,
  processing: 422,
  login: 401,
  expired: 401,
  forbidden: 403,
  'not-found': 404,
  'not-supported': 404,
  deleted: 410,
  conflict: 409,
  duplicate: 412,
  'multiple-matches': 412,
  'lock-error': 503,
  timeout: 503,
  throttled: 429,
  transient: 503,
  'no-store': 507,
  incomplete: 500,
  exception: 500,
  informational: 200,
} as const

export type IssueCode = keyof typeof statusOf

/** A finding: what was received, what was expected, and where. */
export type Issue = {
  readonly severity: Severity
  readonly code: IssueCode
  readonly diagnostics: string
  /** FHIRPath of the element, such as `Bundle.entry[3].resource.birthDate`; of a parameter in the URL, `parameterAt` its name. */
  readonly expression?: string
  /** Detail code of a constraint or terminology issue. */
  readonly details?: JsonObject
  /** Of the constraint that is broken: `pat-1`. */
  readonly key?: string
  /** Canonical of the definition that asks for it. */
  readonly source?: string
}

const issueSource = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-source'

export type Refusal = {
  /** Where the code's usual status does not fit: 405, 406, 412, 415 … */
  readonly status?: number
  /** Headers that belong to the refusal: Allow, Retry-After, WWW-Authenticate, ETag. */
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

export class FhirError extends Error {
  override readonly name = 'FhirError'
  readonly issues: readonly Issue[]
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(issues: readonly Issue[], { status, headers = {}, cause }: Refusal = {}) {
    super(issues.map(issue => issue.diagnostics).join('; '), { cause })
    this.issues = issues
    this.status = status ?? statusFor(issues)
    this.headers = headers
  }
}

/** `throw fail('value', "date '2024-02-30' does not exist", 'Patient.birthDate')` */
export function fail(code: IssueCode, diagnostics: string, expression?: string, refusal: Refusal = {}): FhirError {
  return new FhirError([error(code, diagnostics, expression)], refusal)
}

export function error(code: IssueCode, diagnostics: string, expression?: string): Issue {
  return { severity: 'error', code, diagnostics, ...(expression === undefined ? {} : { expression }) }
}

/** Where a parameter of the request stands. https://hl7.org/fhir/R4/operationoutcome-definitions.html#OperationOutcome.issue.location */
export function parameterAt(name: string): string {
  return `http.${name}`
}

export function isError(issue: Issue): boolean {
  return issue.severity === 'error' || issue.severity === 'fatal'
}

/** Structural mistakes (400) outrank broken rules (422), which those of definitions are: fix the form first. */
function statusFor(issues: readonly Issue[]): number {
  const statuses = issues.filter(isError).map(({ code, source }) => (source === undefined ? statusOf[code] : 422))
  return statuses.length === 0 ? 500 : Math.min(...statuses)
}

export function toOutcome(issues: readonly Issue[]): Resource {
  return {
    resourceType: 'OperationOutcome',
    issue: issues.map(({ severity, code, diagnostics, expression, source, ...issue }) => ({
      ...(source === undefined ? {} : { extension: [{ url: issueSource, valueString: source }] }),
      severity,
      code,
      ...detailsOf(issue, source),
      diagnostics,
      ...placeOf(expression),
    })),
  }
}

/** A parameter of the request is no element: R4 names it in `location`, which older clients read. */
function placeOf(expression: string | undefined): JsonObject {
  if (expression === undefined) return {}
  return { ...(expression.startsWith('http.') ? { location: [expression] } : {}), expression: [expression] }
}

/** The key of a constraint is unique only within the definition that has it. */
function detailsOf({ details, key }: Pick<Issue, 'details' | 'key'>, source?: string): JsonObject {
  if (details || key === undefined) return details ? { details } : {}
  return { details: { coding: [{ ...(source === undefined ? {} : { system: source }), code: key }] } }
}
