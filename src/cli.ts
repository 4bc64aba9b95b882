#!/usr/bin/env node
/** `kiln`: the same settings and the same runtime as the server, and a table of commands. */
import { Command } from 'commander'
import { version } from './app.ts'
import { ConfigError, type Environment, parseConfig } from './config.ts'
import { openRuntime } from './runtime.ts'
import { outside, place, StartError, serve, storeBroken } from './server.ts'

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

const program = new Command('kiln')
  .description('A FHIR R4 server. Settings are KILN_* variables of the environment; README lists them.')
  .version(version)

program
  .command('serve')
  .description('serve FHIR over HTTP until a signal ends it')
  .action(() => serve(process.env))

program
  .command('check')
  .description('look whether the settings are right and the store answers; makes a store that is not there yet')
  .action(() => check(process.env))

await program.parseAsync().catch(error => {
  const known = error instanceof ConfigError || error instanceof StartError
  console.error(known ? error.message : error)
  process.exit(1)
})
