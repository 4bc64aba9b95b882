/** `POST [base]/$launch`: what an EHR starts an app with. https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch */
import type * as conformance from '../conformance/artifact.ts'
import { fail } from '../fhir/issue.ts'
import type { Context } from '../interactions/interaction.ts'
import { type LaunchContext, mintLaunch } from '../security/smart/launch.ts'
import type { Operation } from './kernel/operation.ts'
import { parameters } from './kernel/parameters.ts'

/** `newToken`: that nobody can guess. */
export function launch(definition: conformance.Operation, newToken: () => string): Operation {
  return {
    definition,
    unknown: 'refuse',
    affectsState: true,
    scope: 'r',
    cost: 3,
    async run(ctx, { request: { tenant, base }, input }) {
      const [patient, encounter] = [open('Patient', input.text('patient')), open('Encounter', input.text('encounter'))]
      const others = input.texts('fhirContext').map(beside)
      const all = [patient, encounter, ...others].filter(one => one !== undefined)
      for (const one of all) await mustBeSeen(ctx, tenant, one)
      const [intent, banner] = [input.text('intent'), input.flag('needPatientBanner')]
      const context: LaunchContext = {
        ...(patient ? { patient: patient.id } : {}),
        ...(encounter ? { encounter: encounter.id } : {}),
        ...(others.length > 0 ? { fhirContext: others.map(one => ({ reference: `${one?.type}/${one?.id}` })) } : {}),
        ...(intent === undefined ? {} : { intent }),
        ...(banner === undefined ? {} : { need_patient_banner: banner }),
      }
      const token = await mintLaunch(ctx.behind, tenant, context, { clock: ctx.clock, newToken })
      return parameters([
        ['iss', 'url', base],
        ['launch', 'string', token],
      ])
    },
  }
}

type Opened = { readonly type: string; readonly id: string }

const reference = /^(?:([A-Z][A-Za-z]+)\/)?([A-Za-z0-9.-]{1,64})$/

function open(type: string | undefined, text: string | undefined): Opened | undefined {
  if (text === undefined) return undefined
  const [, of = type, id] = reference.exec(text) ?? []
  if (of !== undefined && id !== undefined && (type === undefined || of === type)) return { type: of, id }
  throw fail('value', `'${text}' is not a reference: expected ${type ?? 'Type'}/[id]`)
}

/** "They will not be permitted within the fhirContext array unless they include a role": these here have none. */
function beside(text: string): Opened | undefined {
  const opened = open(undefined, text)
  if (opened?.type !== 'Patient' && opened?.type !== 'Encounter') return opened
  throw fail('value', `'${text}' does not belong into fhirContext: expected it as ${opened.type.toLowerCase()}`)
}

async function mustBeSeen({ store }: Context, tenant: string, { type, id }: Opened): Promise<void> {
  const found = await store.read({ tenant, type, id })
  if (found?.json === undefined) throw fail('not-found', `there is no ${type}/${id} to start the app with`)
}
