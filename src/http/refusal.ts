/** Whatever went wrong, as a refusal that a client can read. https://hl7.org/fhir/R4/http.html#Status-Codes */
import { type FhirError, fail, type IssueCode, type Refusal } from '../fhir/issue.ts'
import type { Method } from '../interactions/interaction.ts'
import { foreseen } from '../interactions/refusal.ts'
import { tooLarge } from './body.ts'

export const methods: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

export const notAMethod: Refusal = { status: 405, headers: { allow: methods.join(', ') } }

/** `undefined`: nobody foresaw this error. It is a bug, and nothing of it goes out. */
export function refusalOf(error: unknown, bodyLimit: number): FhirError | undefined {
  return foreseen(error) ?? (isFastify(error) ? ofFramework(error, bodyLimit) : undefined) ?? ofSocket(error)
}

/** The client went away while it was sending: nobody will read this, but it is no bug either. */
function ofSocket(error: unknown): FhirError | undefined {
  const left = error instanceof Error && 'code' in error && error.code === 'ECONNRESET'
  return left ? fail('incomplete', 'the connection ended within the request', undefined, { status: 400 }) : undefined
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
