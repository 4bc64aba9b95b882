/** `POST [base]/$break-glass`: in an emergency, what labels and policies keep behind glass, for some minutes and not in silence. */
import type * as conformance from '../../conformance/artifact.ts'
import { printInstant } from '../../fhir/date.ts'
import { fail } from '../../fhir/issue.ts'
import type { Context } from '../../interactions/interaction.ts'
import { keepBroken } from '../../interactions/rights/glass.ts'
import type { Call, Operation } from '../kernel/operation.ts'
import { parameters } from '../kernel/parameters.ts'

/** `most`: minutes. */
export function breakGlass(definition: conformance.Operation, most: number): Operation {
  return {
    definition,
    unknown: 'refuse',
    affectsState: true,
    scope: 'none',
    cost: 1,
    async run(ctx, call) {
      const { patient, reason, until } = await broken(ctx, call, most)
      return parameters([
        ['patient', 'Reference', { reference: `Patient/${patient}` }],
        ['reason', 'string', reason],
        ['until', 'instant', printInstant(until)],
      ])
    },
  }
}

type Opened = { readonly patient: string; readonly reason: string; readonly until: number }

/** Whether there is such a patient is not looked at: that is behind the glass. */
async function broken(ctx: Context, { request, input }: Call, most: number): Promise<Opened> {
  const { principal, tenant } = request
  if (principal === undefined || ctx.access.unlimited) {
    throw fail('business-rule', 'nothing is closed to you, so there is no glass to be broken')
  }
  const patient = patientIn(input.text('patient') ?? '')
  const reason = (input.text('reason') ?? '').trim()
  if (reason === '') throw fail('value', 'the reason is empty: expected why the glass must be broken')
  const minutes = minutesIn(input.one('minutes')?.value, most)
  const until = ctx.clock() + minutes * 60_000
  const id = ctx.newId()
  await keepBroken(ctx.behind, { id, principal: { ...principal, tenant }, patient, reason, until })
  ctx.observe({ event: 'access.glass-broken', tenant, client: principal.client, note: id, minutes })
  return { patient, reason, until }
}

function patientIn(text: string): string {
  const [, id] = /^(?:Patient\/)?([A-Za-z0-9.-]{1,64})$/.exec(text) ?? []
  if (id === undefined) throw fail('value', `the patient is '${text.slice(0, 100)}': expected Patient/23, or 23`)
  return id
}

function minutesIn(value: unknown, most: number): number {
  if (value === undefined) return most
  const minutes = Number(value)
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= most) return minutes
  throw fail('value', `the minutes are ${String(value)}: expected 1 to ${most}`)
}
