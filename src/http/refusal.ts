/** Whatever went wrong, as a refusal that a client can read. https://hl7.org/fhir/R4/http.html#Status-Codes */
import { FhirError, fail, type IssueCode, type Refusal } from '../fhir/issue.ts'
import type { Method } from '../interactions/interaction.ts'
import { OutcomeUnknown, StoreUnavailable } from '../store/port.ts'
import { tooLarge } from './body.ts'

export const methods: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

export const notAMethod: Refusal = { status: 405, headers: { allow: methods.join(', ') } }

/** `undefined`: nobody foresaw this error. It is a bug, and nothing of it goes out. */
export function refusalOf(error: unknown, bodyLimit: number): FhirError | undefined {
  if (error instanceof FhirError) return error
  if (error instanceof StoreUnavailable) return unavailable('the store cannot be reached for the moment', error)
  if (error instanceof OutcomeUnknown) return unknownOutcome(error)
  return isFastify(error) ? ofFramework(error, bodyLimit) : undefined
}

export function unavailable(what: string, cause?: unknown): FhirError {
  return fail('transient', `${what}; nothing was changed, try again`, undefined, {
    status: 503,
    headers: { 'retry-after': '1' },
    cause,
  })
}

export const bug: FhirError = fail('exception', 'the server failed at this request, which is a bug of the server')

function unknownOutcome(cause: OutcomeUnknown): FhirError {
  const advice =
    'read the resource or its _history before you send it again, or send it again with the same Idempotency-Key'
  return fail(
    'incomplete',
    `the store did not say whether the write happened: it may have. To find out, ${advice}`,
    undefined,
    {
      status: 504,
      cause,
    },
  )
}

type FrameworkError = Error & { readonly code: string; readonly statusCode: number }

function isFastify(error: unknown): error is FrameworkError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('FST_') &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode < 500
  )
}

type Wording = readonly [code: IssueCode, diagnostics: string, override?: Refusal]

/** What Fastify refuses by itself, by its code, in our words. */
const worded: Readonly<Record<string, Wording>> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'not-supported',
    'the Content-Type is malformed; expected application/fhir+json or application/fhir+xml',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['structure', 'the body is shorter or longer than its Content-Length says'],
  FST_ERR_BAD_URL: ['invalid', 'the path of the URL is not valid percent-encoding'],
  FST_ERR_MAX_PARAM_LENGTH: ['not-found', 'there is no tenant of such a long name'],
  // Fastify has its own opinion of QUERY, wherever it leads.
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: ['not-supported', 'the method QUERY is not part of the RESTful API', notAMethod],
}

function ofFramework(error: FrameworkError, bodyLimit: number): FhirError {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return tooLarge(bodyLimit)
  const [code, diagnostics, override] = worded[error.code] ?? (['invalid', 'the request is malformed'] as const)
  return fail(code, diagnostics, undefined, { status: error.statusCode, cause: error, ...override })
}
