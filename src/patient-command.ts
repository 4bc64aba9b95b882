/** `kiln patient erase`: destroys the key of a patient, beside running servers, which forget it within a second. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { auditPort } from './audit.ts'
import { configuredBase } from './audit-reader.ts'
import { inTenant, say } from './command.ts'
import type { Environment } from './config.ts'
import { fail } from './fhir/issue.ts'
import { logReader } from './observe.ts'
import type { Runtime } from './runtime.ts'
import type { Result } from './security/audit/occurrence.ts'
import { type Erased, erasePatient } from './security/encryption/erase.ts'
import { outside } from './server.ts'

type Options = { readonly tenant: string; readonly yes?: true }

export function patientCommand(environment: Environment): Command {
  const command = new Command('patient').description('what is done to all that is stored of one patient')
  command
    .command('erase <id>')
    .description('destroy the key of a patient: nobody reads any version of what it sealed again; cannot be taken back')
    .option('--yes', 'this is meant')
    .option('--tenant <name>', 'the tenant whose patient it is', 'default')
    .action((id: string, options: Options) => erase(environment, id, options))
  return command
}

async function erase(environment: Environment, id: string, options: Options): Promise<void> {
  const { tenant, yes } = options
  if (!yes) throw fail('value', `Patient/${id} would be lost for ever: expected --yes, if this is meant`)
  await inTenant(environment, options, async ({ config, runtime }) => {
    const { encryption, definitions } = runtime
    const observe = logReader(config.KILN_LOG_LEVEL)
    if (encryption === undefined) throw fail('value', 'KILN_ENCRYPTION names no type: patients have no keys to destroy')
    const needs = { ...encryption, definitions, clock: outside.clock, owner: outside.newId(), sleep, observe }
    const record = recorder(runtime, tenant, id)
    // It may be stopped, and cannot be taken back: that it was begun is durable first.
    await record('begun')
    await runtime.audit.flush()
    const erased = await erasePatient(needs, tenant, id).catch(async cause => {
      await record('not done', '8')
      throw cause
    })
    await record(`done: ${erased.resources} deleted`)
    for (const line of told(id, erased)) say(line)
  })
}

/** In the audit of the tenant. */
function recorder(runtime: Runtime, tenant: string, id: string) {
  const { record } = auditPort(runtime)
  const exchange = { tenant, base: configuredBase(runtime.config)(tenant), principal: { client: 'kiln-cli' } }
  return (why: string, outcome: Result['outcome'] = '0'): Promise<void> =>
    record({ ...exchange, at: outside.clock() }, { what: 'patient-erased', outcome, why }, [`Patient/${id}`])
}

function told(id: string, { resources, left }: Erased): readonly string[] {
  const others = [...left].map(([type, count]) => `${count} ${type}`).join(', ')
  return [
    `Patient/${id} is erased: the key is destroyed, and ${resources} resources are deleted.`,
    ...(others === '' ? [] : [`Not erased, as they are not encrypted or not of this patient alone: ${others}`]),
    'Copies of the store from before hold the key still, wrapped: kiln key rotate, then kiln key drop, makes them unreadable.',
  ]
}
