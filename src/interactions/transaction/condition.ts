/** What If-Match and If-None-Match ask of an entry. https://hl7.org/fhir/R4/http.html#concurrency */
import type { Condition, Version } from '../../store/port.ts'
import { holds, preconditionFailed, writeCondition } from '../preconditions.ts'
import type { Step } from './step.ts'

/** Throws if it does not hold now. */
export function condition({ request }: Step, current: Version | undefined): Condition | undefined {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
  const asked = writeCondition(ifMatch, ifNoneMatch)
  if (asked !== undefined && !holds(asked, current)) throw preconditionFailed(asked, current)
  return asked
}
