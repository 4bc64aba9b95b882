/** Findings about codes as terminology clients expect them. https://hl7.org/fhir/tools/CodeSystem-tx-issue-type.html */
import { FhirError, type Issue, type IssueCode, type Severity } from '../../fhir/issue.ts'
import type { Json, JsonObject, Resource } from '../../fhir/resource.ts'

export type TxIssueType =
  | 'not-in-vs'
  | 'this-code-not-in-vs'
  | 'invalid-code'
  | 'invalid-display'
  | 'display-comment'
  | 'invalid-data'
  | 'not-found'
  | 'cannot-infer'
  | 'vs-invalid'
  | 'version-error'
  | 'code-rule'
  | 'code-comment'
  | 'status-check'
  | 'process-note'
  | 'too-costly'
  | 'not-supported'
  | 'cannot-determine'

export type TxIssue = Issue & {
  readonly type: TxIssueType
  /** The name that the message has in the validators of the community, which choose by it what they show. */
  readonly id: string
}

type Finding = {
  readonly severity?: Severity
  readonly code: IssueCode
  readonly type: TxIssueType
  readonly id: string
  readonly text: string
  readonly at?: string
}

const issueTypes = 'http://hl7.org/fhir/tools/CodeSystem/tx-issue-type'
const messageId = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-message-id'

export function txIssue({ severity = 'error', code, type, id, text, at }: Finding): TxIssue {
  return {
    severity,
    code,
    type,
    id,
    diagnostics: text,
    details: { coding: [{ system: issueTypes, code: type }], text },
    ...(at === undefined || at === '' ? {} : { expression: at }),
  }
}

/** An issue that was raised without regard to such clients. */
export function ofType(type: TxIssueType, issue: Issue, text = issue.diagnostics): Issue {
  return { ...issue, details: { coding: [{ system: issueTypes, code: type }], text } }
}

/** `status`: 422 where the request is well-formed but cannot be answered with what is known. */
export function refusal(issues: readonly TxIssue[]): FhirError {
  return new FhirError(issues, { status: issues.some(issue => issue.code === 'not-found') ? 404 : 422 })
}

/** The OperationOutcome within an answer: `details` tells it all, so `diagnostics` would only repeat it. */
export function txOutcome(issues: readonly TxIssue[]): Resource {
  return {
    resourceType: 'OperationOutcome',
    issue: issues.map((issue): JsonObject => {
      const where: Json = issue.expression === undefined ? [] : [issue.expression]
      return {
        extension: [{ url: messageId, valueString: issue.id }],
        severity: issue.severity,
        code: issue.code,
        ...(issue.details === undefined ? {} : { details: issue.details }),
        ...(issue.expression === undefined ? {} : { location: where, expression: where }),
      }
    }),
  }
}
