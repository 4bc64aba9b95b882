/** `kiln key new | list | rotate | rewrap | reseal | seal | drop`: the master keys of encryption, beside running servers, which go on. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { configuredBase } from './audit-reader.ts'
import { onStore, say } from './command.ts'
import { type Environment, parseConfig } from './config.ts'
import { fail } from './fhir/issue.ts'
import type { Runtime } from './runtime.ts'
import { addKey, dropKey, namesIn, newKeyFile } from './security/encryption/key-file.ts'
import { dropOlder, type ResealNeeds, resealAll } from './security/encryption/reseal.ts'
import { mustBeUnused, type RotateNeeds, renewAll, rewrapAll } from './security/encryption/rotate.ts'
import { type SealStoredNeeds, sealStored } from './security/encryption/seal-stored.ts'
import { forgetUsage } from './security/tenants/usage.ts'
import { outside } from './server.ts'

type Site = RotateNeeds & ResealNeeds & SealStoredNeeds & { readonly file: string }

const unsettled = 2_000 // ms in which servers may still seal by the data keys that they know

export function keyCommand(environment: Environment): Command {
  const command = new Command('key').description('keys of encryption (KILN_ENCRYPTION, KILN_KEY_FILE)')
  command
    .command('new <file>')
    .description('make a key file, which only its owner may read; keep a copy apart from the copies of the store')
    .action((file: string) => say(`${file} holds the master key ${newKeyFile(file, outside.random)}`))
  command
    .command('list')
    .description('name the master keys; * marks the current one')
    .action(() => list(fileOf(environment)))
  command
    .command('rotate')
    .description('add a master key, which is current from now on, and wrap all data keys by it')
    .option('--data', 'new data keys instead, by which everything is sealed anew')
    .action(({ data }: { readonly data?: true }) => within(environment, data ? renew : rotate))
  command
    .command('rewrap')
    .description('wrap by the current master key what is not yet; what an interrupted rotate has left')
    .action(() => within(environment, rewrap))
  command
    .command('reseal')
    .description('seal by the newest data keys what is not yet; what an interrupted rotate --data has left')
    .action(() => within(environment, reseal))
  command
    .command('seal')
    .description(
      'bring what is stored to what KILN_ENCRYPTION says: seal it, open it for good, or seal other elements; all servers must have the key file before',
    )
    .action(() => within(environment, seal))
  command
    .command('drop [name]')
    .description(
      'take a master key out of the file that wraps nothing any more: what only it opens, such as old copies of the store, is lost',
    )
    .option('--data', 'all data keys but the newest ones instead, where they seal nothing any more')
    .action((name: string | undefined, { data }: { readonly data?: true }) =>
      within(environment, site => (data ? dropData(site) : drop(site, name))),
    )
  return command
}

async function within(environment: Environment, act: (site: Site) => Promise<void>): Promise<void> {
  await onStore(environment, async ({ config, runtime }) => {
    const { KILN_KEY_FILE: file } = config
    const { encryption } = runtime
    if (encryption === undefined) throw fail('value', 'KILN_ENCRYPTION names no type: there are no keys to change')
    const tenants = await runtime.tenants.kept()
    const { random, clock, newId } = outside
    const own = { store: encryption.below, file, tenants, random, clock, owner: newId(), observe: runtime.observe }
    const settle = () => sleep(unsettled + config.KILN_SEARCH_BUDGET)
    await act({ ...encryption, ...own, indexIn: indexIn(runtime), settle })
  })
}

function indexIn({ own, config }: Runtime): SealStoredNeeds['indexIn'] {
  return async tenant => {
    const { index } = await own.of(tenant)
    return (resource, id) => index(resource, id, configuredBase(config)(tenant))
  }
}

function fileOf(environment: Environment): string {
  const { KILN_KEY_FILE: file } = parseConfig(environment)
  if (file === '') throw fail('value', 'KILN_KEY_FILE is not set: expected the path of a key file')
  return file
}

/** A key service makes, names and drops its keys by itself. */
function mustHaveFile({ file }: Site): void {
  if (file !== '') return
  throw fail('value', 'KILN_KEY_FILE is not set: the keys of KILN_KEY_VAULT are changed there; then kiln key rewrap')
}

function list(file: string): void {
  const names = namesIn(file)
  for (const [at, name] of names.entries()) say(at === names.length - 1 ? `${name} *` : name)
}

async function rotate(site: Site): Promise<void> {
  mustHaveFile(site)
  const [before = ''] = namesIn(site.file).slice(-1)
  const name = addKey(site.file, site.random)
  const count = await rewrapAll(site)
  say(
    `The master key is ${name}; ${count} data keys were wrapped anew. When all servers have it: kiln key drop ${before}`,
  )
}

async function rewrap(site: Site): Promise<void> {
  say(`${await rewrapAll(site)} data keys were wrapped anew.`)
}

async function renew(site: Site): Promise<void> {
  say(`${await renewAll(site)} data keys were made.`)
  await sleep(unsettled)
  await reseal(site)
}

async function reseal({ tenants, ...site }: Site): Promise<void> {
  for (const tenant of tenants) say(`${tenant}: ${await resealAll(site, tenant)} texts were sealed anew.`)
}

async function seal(site: Site): Promise<void> {
  const count = await sealStored(site)
  for (const tenant of site.tenants) await forgetUsage(site.below, tenant)
  say(`${count} texts were changed: what is stored is as KILN_ENCRYPTION says.`)
}

async function dropData({ tenants, ...site }: Site): Promise<void> {
  for (const tenant of tenants) say(`${tenant}: older data keys of ${await dropOlder(site, tenant)} rings are gone.`)
}

async function drop(site: Site, name?: string): Promise<void> {
  if (name === undefined) throw fail('value', 'which key? expected a name that kiln key list tells, or --data')
  mustHaveFile(site)
  await mustBeUnused(site, name)
  dropKey(site.file, name)
  say(`${name} is gone.`)
}
