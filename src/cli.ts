#!/usr/bin/env -S node --max-semi-space-size=16
/** `kiln`: the same settings and the same runtime as the server, and a table of commands. */
import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { version } from './app.ts'
import { auditCommand } from './audit-command.ts'
import { ConfigError, type Environment, parseConfig } from './config.ts'
import { loadDefinitions } from './conformance/definitions.ts'
import { ownProfiles } from './conformance/profiles.ts'
import { loadStructures, withOwn } from './conformance/structures.ts'
import { loadValueSets } from './conformance/value-sets.ts'
import { FhirError } from './fhir/issue.ts'
import type { Shapes } from './fhir/shape.ts'
import type { Context } from './interactions/interaction.ts'
import { keyCommand } from './key-command.ts'
import { validateFile } from './operations/validate/file.ts'
import { byRules } from './operations/validate/validator.ts'
import { bestPractices, type Telling } from './operations/validate/wish.ts'
import { packageCommand } from './package-command.ts'
import { patientCommand } from './patient-command.ts'
import { openRuntime } from './runtime.ts'
import { BadKeys } from './security/encryption/key-wrapper.ts'
import { outside, place, StartError, serve, storeBroken, withDemo } from './server.ts'
import { clientCommand, launchCommand, oauthKeyCommand, tokenCommand } from './smart-command.ts'
import { tenantCommand } from './tenant-command.ts'
import { terminologyCommand } from './terminology-command.ts'
import { userCommand } from './user-command.ts'
import { coreCodes } from './validation/core-codes.ts'
import { openInvariants } from './validation/invariants.ts'
import { compileStructure } from './validation/structure.ts'
import { openValidator } from './validation/validator.ts'

/** Ends with 0 if the settings are right and the store answers, else with 1 and one message. */
async function check(environment: Environment): Promise<void> {
  const config = parseConfig(environment)
  try {
    const runtime = await openRuntime(config, outside, () => {})
    await runtime.store.ready()
    await runtime.close()
  } catch (cause) {
    throw storeBroken(config, cause)
  }
  console.log(`The settings are right, and the store ${place(config)} answers.`)
}

type ValidateOptions = Telling & { readonly profile: readonly string[] }

/** Needs neither a store nor settings. Ends with 0 if no error was found, with 1 if one was, with 2 if it could not be asked. */
async function validate(files: readonly string[], options: ValidateOptions): Promise<void> {
  const { profile: profiles, ...telling } = options
  const { shapes } = loadDefinitions()
  const colours = process.stdout.isTTY === true && !process.env['NO_COLOR']
  const needs = { shapes, validate: standalone(shapes), validator: byRules, asked: { profiles, telling }, colours }
  let worst = 0
  for (const file of files) {
    const bytes = content(file)
    if (typeof bytes === 'string') {
      console.error(bytes)
      worst = 2
      continue
    }
    const { text, isValid } = await validateFile(file, bytes, needs)
    console.log(text)
    if (!isValid) worst = Math.max(worst, 1)
  }
  process.exitCode = worst
}

/** By R4's definitions and Kiln's own: what only a server knows cannot be told here. */
function standalone(shapes: Shapes): Context['validate'] {
  const validate = openValidator({
    structures: withOwn(loadStructures(), ownProfiles()),
    compileInvariant: openInvariants(shapes),
    shapes,
    structure: compileStructure(shapes),
    turn: async () => {},
  })
  const memory = { codes: coreCodes(loadValueSets()), targets: { find: () => 'absent' as const } }
  const ask = { codes: async () => [], targets: async () => [] } // nothing is put off
  return (resource, at, wish) =>
    validate(resource, at, { profiles: 'claimed', bestPractice: 'off', ...wish }, { memory, ask })
}

/** Or why it cannot be read. */
function content(file: string): Uint8Array | string {
  try {
    return readFileSync(file === '-' ? 0 : file)
  } catch (cause) {
    return `${file} cannot be read: ${cause instanceof Error ? cause.message : cause}`
  }
}

const program = new Command('kiln')
  .description('A FHIR R4 server. Settings are KILN_* variables of the environment; README lists them.')
  .version(version)
  .enablePositionalOptions() // behind a command, --version is the command's own

program
  .command('serve')
  .description('serve FHIR over HTTP until a signal ends it')
  .option('--demo', 'with a small made-up hospital, and somebody of each role who can sign in')
  .action(({ demo }: { readonly demo?: true }) => serve(withDemo(process.env, demo ? ['--demo'] : [])))

program
  .command('check')
  .description('look whether the settings are right and the store answers; makes a store that is not there yet')
  .action(() => check(process.env))

program
  .command('validate')
  .description('look for what is wrong with resources in files, JSON or XML; - reads standard input')
  .argument('<file...>')
  .option(
    '-p, --profile <canonical>',
    'a profile to conform to; may be given several times',
    (one: string, all: readonly string[]) => [...all, one],
    [] as readonly string[],
  )
  .addOption(
    new Option('--best-practice <how>', 'how broken best practices are told of').choices(bestPractices).default('off'),
  )
  .option('--must-support', 'tell of must-support elements that are not there')
  .option('--preferred', 'tell of codes that are not the preferred ones')
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2))
  .action(validate)

program.addCommand(auditCommand(process.env))
program.addCommand(packageCommand(process.env))
program.addCommand(terminologyCommand(process.env))
program.addCommand(tenantCommand(process.env))
program.addCommand(userCommand(process.env))
program.addCommand(keyCommand(process.env))
program.addCommand(patientCommand(process.env))
for (const command of [clientCommand, tokenCommand, launchCommand, oauthKeyCommand])
  program.addCommand(command(process.env))

await program.parseAsync().catch(error => {
  const known = [ConfigError, StartError, BadKeys].some(kind => error instanceof kind)
  if (error instanceof FhirError) for (const { diagnostics } of error.issues) console.error(diagnostics)
  else console.error(known ? error.message : error)
  process.exit(1)
})
