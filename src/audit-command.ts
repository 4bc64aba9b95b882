/** `kiln audit verify | anchors`: whether the audit is as it was written, beside a running server. */
import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import { inTenant, say } from './command.ts'
import type { Environment } from './config.ts'
import { fail } from './fhir/issue.ts'
import { parseAnchors } from './security/audit/anchor.ts'
import type { Seal } from './security/audit/seal.ts'
import { lastSeal, sealNumber } from './security/audit/seals.ts'
import { verify } from './security/audit/verify.ts'
import type { Store } from './store/port.ts'

/** How the process ends. 1 is for what is wrong with the command, its settings or this machine. */
const exit = { altered: 2 } as const

type Options = { readonly tenant: string; readonly anchors?: string }

export function auditCommand(environment: Environment): Command {
  const command = new Command('audit').description('the record of who did what, as AuditEvents in the store')
  const sub = (usage: string, description: string) =>
    command.command(usage).description(description).option('--tenant <name>', 'whose audit', 'default')

  sub('verify', 'look whether any event was changed, removed, added or exchanged since it was written')
    .option(
      '--anchors <file>',
      'the seals as KILN_AUDIT_ANCHOR or `kiln audit anchors` has kept them; - reads standard input',
    )
    .addHelpText('after', verifyHelp)
    .action((options: Options) => inTenant(environment, options, ({ runtime }) => check(runtime.store, options)))
  sub('anchors', 'print the last seal, one line of JSON, to be kept where this server cannot change it').action(
    (options: Options) => inTenant(environment, options, ({ runtime }) => print(runtime.store, options)),
  )
  return command
}

const verifyHelp = `
Events are sealed within seconds while a server runs; of those behind the last seal, which are counted, a removal cannot be noticed.
Whoever can write the database, and reads the key that lies in it, can make all seals anew: only anchors tell that.

It ends with 0 if all is as it was written, 2 if it is not, and 1 if it could not be looked at.`

async function check(store: Store, { tenant, anchors }: Options): Promise<void> {
  const known = anchors === undefined ? [] : readAnchors(anchors, tenant)
  const { findings, events, seals, tail, pending } = await verify({ store, tenant, anchors: known })
  for (const finding of findings) complain(finding)
  const counts = [`${events} events`, `${seals} seals`, `${tail} events not sealed yet`]
  say([...counts, `${pending} portions of the log not written down yet`, `${known.length} anchors compared`].join(', '))
  if (findings.length > 0) process.exitCode = exit.altered
  say(findings.length === 0 ? 'The audit is as it was written.' : 'THE AUDIT WAS ALTERED.')
}

function readAnchors(file: string, tenant: string): readonly Seal[] {
  const { seals, bad } = parseAnchors(content(file), tenant)
  for (const line of bad) complain(`${file}:${line} is no anchor and was left out`)
  return seals
}

function content(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw fail('processing', `${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`)
  }
}

async function print(store: Store, { tenant }: Options): Promise<void> {
  const { number } = await lastSeal(store, tenant)
  const last = number === 0 ? undefined : await sealNumber(store, tenant, number)
  if (!last) throw fail('not-found', `nothing of tenant '${tenant}' is sealed yet`)
  say(JSON.stringify(last))
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`)
}
