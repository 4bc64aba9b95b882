/** `kiln tenant add | list | set | lock | unlock | erase`: in force on running servers within a second. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { onStore, type Site, say } from './command.ts'
import type { Environment } from './config.ts'
import { fail } from './fhir/issue.ts'
import { unspoolAll } from './operations/import-code-system/spool.ts'
import { eraseTenant } from './security/tenants/erase.ts'
import { addTenant, changeTenant, type Quota, type Tenant } from './security/tenants/tenant.ts'
import { noTenant } from './security/tenants/tenants.ts'
import { openUsage } from './security/tenants/usage.ts'
import { outside } from './server.ts'
import { libraryFolder } from './terminology/config.ts'
import { clearShelf } from './terminology/library/placing.ts'

/** As they are given; `none` takes a limit away. */
type Limits = { readonly maxResources?: string; readonly maxBytes?: string; readonly rate?: string }

export function tenantCommand(environment: Environment): Command {
  const command = new Command('tenant').description('tenants: each has its own base, data, clients, users and quotas')
  const sub = (usage: string, description: string) => command.command(usage).description(description)
  const limited = (one: Command): Command =>
    one
      .option('--max-resources <number>', 'how many resources it may have')
      .option('--max-bytes <number>', 'how many bytes of JSON it may have, all versions counted')
      .option('--rate <rate:burst>', 'how many requests a second each process serves it, and how many at once: 100:500')

  limited(sub('add <name>', 'make a tenant, which is served at /t/NAME/fhir'))
    .option('--integrity', 'references must lead to what is there; this cannot be changed later', false)
    .action((name: string, options: Limits & { readonly integrity: boolean }) =>
      onStore(environment, site => add(site, name, options)),
    )
  sub('list', 'list the tenants, and what they have').action(() => onStore(environment, list))
  limited(sub('set <name>', 'change its quotas; none takes one away')).action((name: string, options: Limits) =>
    onStore(environment, site => set(site, name, options)),
  )
  sub('lock <name>', 'as if it were not there; its data stay').action((name: string) =>
    onStore(environment, site => stand(site, name, 'locked')),
  )
  sub('unlock <name>', 'serve it again').action((name: string) =>
    onStore(environment, site => stand(site, name, 'open')),
  )
  sub('erase <name>', 'delete all that it has, for ever; one that was stopped goes on when it is begun again')
    .option('--yes', 'it is meant', false)
    .action((name: string, { yes }: { readonly yes: boolean }) => onStore(environment, site => erase(site, name, yes)))
  return command
}

async function add({ config, runtime }: Site, name: string, { integrity, ...limits }: Limits & { integrity: boolean }) {
  if (config.KILN_TENANTS.includes(name)) throw fail('duplicate', `'${name}' is a tenant already, by KILN_TENANTS`)
  await addTenant(runtime.store, { name, integrity, quota: limitedTo({}, limits) }, outside.clock())
  changed(runtime, name, `added, ${printed(limitedTo({}, limits))}`)
  say(`${name} is served at /t/${name}/fhir`)
}

/** Those of the settings are kept from their first change on. */
async function change({ runtime }: Site, name: string, make: (tenant: Tenant) => Tenant): Promise<Tenant> {
  const known = (await runtime.tenants.all()).find(tenant => tenant.name === name)
  return changeTenant(runtime.store, name, known, make)
}

async function set(site: Site, name: string, limits: Limits): Promise<void> {
  const { quota } = await change(site, name, tenant => ({ ...tenant, quota: limitedTo(tenant.quota, limits) }))
  changed(site.runtime, name, printed(quota))
  say(`${name}: ${printed(quota)}`)
}

function limitedTo(quota: Quota, { maxResources, maxBytes, rate }: Limits): Quota {
  const given = { resources: countOf(maxResources), bytes: countOf(maxBytes), rate }
  const all = Object.entries({
    ...quota,
    ...Object.fromEntries(Object.entries(given).filter(([, limit]) => limit !== undefined)),
  })
  return Object.fromEntries(all.filter(([, limit]) => limit !== 'none'))
}

function countOf(text: string | undefined): number | 'none' | undefined {
  if (text === undefined || text === 'none') return text
  if (!/^\d{1,15}$/.test(text)) throw fail('value', `'${text}' is no limit: expected a number, or none`)
  return Number(text)
}

async function stand(site: Site, name: string, is: 'open' | 'locked'): Promise<void> {
  mustNotBeDefault(name)
  await change(site, name, tenant => {
    if (tenant.is === 'erasing') throw fail('conflict', `'${name}' is being erased`)
    return { ...tenant, is, since: outside.clock() }
  })
  changed(site.runtime, name, is === 'open' ? 'unlocked' : 'locked')
  say(`${name} is ${is === 'open' ? `served at /t/${name}/fhir` : 'locked: whoever asks finds nothing there'}`)
}

function mustNotBeDefault(name: string): void {
  if (name === 'default') throw fail('value', "'default' is the server's own tenant, which cannot be taken away")
}

async function list({ runtime: { tenants, store } }: Site): Promise<void> {
  const usage = openUsage({ store, clock: outside.clock })
  for (const { name, is, since, integrity, quota } of await tenants.all()) {
    const { resources, bytes } = await usage.of(name)
    const has = is === 'erased' ? [] : [`${resources} resources`, `${bytes} bytes`, printed(quota)]
    const standing = is === 'open' ? [] : [`${is} since ${new Date(since).toISOString()}`]
    say([name, ...has, ...(integrity ? ['integrity'] : []), ...standing].join(' · '))
  }
}

function printed({ resources, bytes, rate }: Quota): string {
  const limits = [
    ...(resources === undefined ? [] : [`at most ${resources} resources`]),
    ...(bytes === undefined ? [] : [`at most ${bytes} bytes`]),
    ...(rate === undefined ? [] : [`at most ${rate} requests a second`]),
  ]
  return limits.join(', ') || 'no quota'
}

async function erase({ config, runtime }: Site, name: string, isMeant: boolean): Promise<void> {
  mustNotBeDefault(name)
  if (!isMeant) throw fail('required', `this deletes all that '${name}' has, for ever: expected --yes`)
  const known = (await runtime.tenants.all()).find(tenant => tenant.name === name)
  if (known === undefined || known.is === 'erased') throw noTenant(name)
  const folder = libraryFolder(config)
  const { stderr } = process
  const needs = {
    ...{ store: runtime.store, clock: outside.clock, sleep },
    tell: (rows: number) => void (stderr.isTTY && stderr.write(`\r\u001b[K${rows} rows`)),
    async beside(tenant: string) {
      if (folder === undefined) return
      await unspoolAll(folder, tenant)
      clearShelf(folder, tenant)
    },
  }
  // It may be stopped, and cannot be taken back: that it was begun is durable first.
  runtime.observe({ event: 'tenant.erased', name, detail: 'begun' })
  await runtime.audit.flush()
  await eraseTenant(needs, name, known)
  runtime.observe({ event: 'tenant.erased', name, detail: 'done' })
  say(`${name} is erased`)
}

/** For the audit of the site. */
function changed({ observe }: Site['runtime'], name: string, detail: string): void {
  observe({ event: 'tenant.changed', name, detail })
}
