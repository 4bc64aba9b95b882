/** Why a commit did not go through, in words for the client. */
import { fail } from '../fhir/issue.ts'
import type { Commit, Refused } from '../store/port.ts'
import { preconditionFailed } from './preconditions.ts'

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
    case 'fence':
      return fail('conflict', 'somebody else was faster; please try again', undefined, {
        headers: { 'retry-after': '1' },
      })
  }
}
