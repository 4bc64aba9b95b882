/** Why something could not be done, in words for the client. */
import { FhirError, fail } from '../fhir/issue.ts'
import { type Commit, OutcomeUnknown, type Refused, StoreUnavailable, TooCostly } from '../store/port.ts'
import { preconditionFailed } from './preconditions.ts'

/** `undefined`: nobody foresaw this error. It is a bug, which is to be reported, and nothing of it goes out. */
export function foreseen(error: unknown): FhirError | undefined {
  if (error instanceof FhirError) return error
  if (error instanceof StoreUnavailable) return unavailable('the store cannot be reached for the moment', error)
  if (error instanceof TooCostly) return tooCostly(error)
  return error instanceof OutcomeUnknown ? unknownOutcome(error) : undefined
}

export const bug: FhirError = fail('exception', 'the server failed at this request, which is a bug of the server')

export function unavailable(what: string, cause?: unknown): FhirError {
  const text = `${what}; nothing was changed, try again`
  return fail('transient', text, undefined, { status: 503, headers: { 'retry-after': '1' }, cause })
}

function tooCostly(cause: TooCostly): FhirError {
  const advice = 'name an exact value of a parameter such as _id, identifier, patient or code beside the others'
  const text = `the search was given up, because it takes too long: ${advice}`
  return fail('too-costly', text, undefined, { cause })
}

function unknownOutcome(cause: OutcomeUnknown): FhirError {
  const advice =
    'read the resource or its _history before you send it again, or send it again with the same Idempotency-Key'
  const text = `the store did not say whether the write happened: it may have. To find out, ${advice}`
  return fail('incomplete', text, undefined, { status: 504, cause })
}

/** Something that was looked at before the commit has changed since: looking again may lead to another end. */
export function isOvertaken({ because: { why } }: Refused): boolean {
  return why === 'condition' || why === 'claim' || why === 'guard'
}

/** `at(i)`: where write i stands in the request, such as `Bundle.entry[3]`. */
export function refusal(
  { writes }: Commit,
  { because }: Refused,
  at: (write: number) => string | undefined = () => undefined,
): Error {
  switch (because.why) {
    case 'condition':
      return preconditionFailed(writes[because.at]?.when ?? 'present', because.current, at(because.at))
    case 'dangling':
      return fail('business-rule', `'${because.link}' is referred to but does not exist`, at(because.at))
    case 'linked':
      return fail('conflict', `cannot be deleted: ${because.by} refers to it`, at(because.at))
    case 'too-large':
      return fail('too-long', `the resource is too large for the store: at most ${because.limit} bytes`, at(because.at))
    case 'receipt':
      return fail('business-rule', `the Idempotency-Key was used before, for another request`)
    case 'claim':
    case 'guard':
    case 'fence':
      return fail('conflict', 'somebody else was faster; please try again', undefined, {
        headers: { 'retry-after': '1' },
      })
  }
}
