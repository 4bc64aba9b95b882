/** https://hl7.org/fhir/R4/valueset-operation-expand.html: parameter `date` */
import { fail } from '../../fhir/issue.ts'
import type { Context } from '../../interactions/interaction.ts'
import type { Input } from '../kernel/input.ts'

/** "…use the value set / code system definitions as they were on the given date, or return an error if this is not possible". */
export function mustBeNow({ clock }: Pick<Context, 'clock'>, input: Input): void {
  const date = input.text('date')
  if (date === undefined) return
  // A day of the client's may end half a day after ours.
  const today = new Date(clock() - 12 * 3_600_000).toISOString()
  if (date >= today.slice(0, Math.min(date.length, 10))) return
  const advice = 'leave date away, and name versions with valueSetVersion and system-version instead'
  throw fail('not-supported', `definitions as they were on ${date} cannot be used: ${advice}`, 'date', { status: 422 })
}
