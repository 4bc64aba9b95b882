/** Refusals as clients of terminology servers read them: every issue has a text, and says of what kind it is. https://hl7.org/fhir/tools/CodeSystem-tx-issue-type.html */
import { FhirError, type Issue, type IssueCode } from '../../fhir/issue.ts'
import { ofType, type TxIssueType } from '../../terminology/value-set/tx-issue.ts'
import type { Operation } from '../kernel/operation.ts'

/** Of issues that were raised where nothing is known of such clients. */
const kinds: { readonly [C in IssueCode]?: TxIssueType } = {
  'too-costly': 'too-costly',
  'not-supported': 'not-supported',
  'not-found': 'not-found',
  'code-invalid': 'invalid-code',
  invalid: 'invalid-data',
  required: 'invalid-data',
  value: 'invalid-data',
}

export function withKinds(operation: Operation): Operation {
  const { run } = operation
  return {
    ...operation,
    run(ctx, call) {
      try {
        const given = run(ctx, call)
        return given instanceof Promise ? given.catch(refuse) : given
      } catch (error) {
        return refuse(error)
      }
    },
  }
}

function refuse(error: unknown): never {
  if (!(error instanceof FhirError)) throw error
  const { status, headers, cause } = error
  throw new FhirError(error.issues.map(kindOf), { status, headers, cause })
}

export function kindOf(issue: Issue): Issue {
  const kind = kinds[issue.code]
  return kind === undefined || issue.details !== undefined ? issue : ofType(kind, issue)
}
