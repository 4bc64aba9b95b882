/** `kiln package install | list | remove`: beside a running server on the same store, or without one. */
import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { contextIn } from './app.ts'
import { configuredBase } from './audit-reader.ts'
import { inTenant, say } from './command.ts'
import type { Environment } from './config.ts'
import { anyOf, archiveAt, folderSource } from './conformance/package/source.ts'
import { parseName, printName } from './conformance/package/version.ts'
import { fail } from './fhir/issue.ts'
import type { Context } from './interactions/interaction.ts'
import type { Place } from './operations/install-package/alone.ts'
import type { Progress } from './operations/install-package/install.ts'
import { installPackage, printReport, type Wanted } from './operations/install-package/install-package.ts'
import { packageRecords } from './operations/install-package/installed.ts'
import { removePackage } from './operations/install-package/remove.ts'
import { type Outlets, openOutlets } from './outlets.ts'

/** ms: longer than the lease of a run that was killed. */
const patience = 15_000

type Options = { readonly tenant: string }
type Installing = { readonly from?: readonly string[]; readonly examples: boolean }

export function packageCommand(environment: Environment): Command {
  const command = new Command('package').description('FHIR packages (NPM): definitions of profiles, codes and more')
  const sub = (usage: string, description: string) =>
    command
      .command(usage)
      .description(description)
      .option('--tenant <name>', 'the tenant whose packages they are', 'default')

  sub('install <package...>', 'install packages with all that they depend on: .tgz files, folders, or NAME[@VERSION]')
    .option('--from <folder...>', 'folders with .tgz files that others may depend on; then the registry is asked')
    .option('--examples', 'store the examples of these packages, too; removing a package takes them away again', false)
    .action((wanted: readonly string[], options: Options & Installing) =>
      within(environment, options, (site, outlets) => install(site, outlets, wanted, options)),
    )
  sub('list', 'list the packages that are installed').action((options: Options) => within(environment, options, list))
  sub('remove <package>', 'remove a package, NAME[@VERSION], and the definitions that it brought')
    .option('--force', 'though other packages depend on it', false)
    .action((name: string, options: Options & { readonly force: boolean }) =>
      within(environment, options, site => remove(site, name, options.force)),
    )
  return command
}

type Site = { readonly ctx: Context; readonly place: Place }

function within(
  environment: Environment,
  options: Options,
  act: (site: Site, outlets: Outlets) => Promise<void>,
): Promise<void> {
  return inTenant(environment, options, async ({ config, runtime }) => {
    const place = { tenant: options.tenant, base: configuredBase(config)(options.tenant), patience }
    await act({ ctx: await contextIn(runtime, place), place }, openOutlets(config))
  })
}

async function install(
  { ctx, place }: Site,
  { packages }: Outlets,
  wanted: readonly string[],
  { from: folders = [], examples }: Installing,
): Promise<void> {
  const source = anyOf([...folders.map(folderSource), packages()])
  const progress = progressLine()
  for (const one of wanted) {
    const asked = { ...wantedBy(one), examples }
    const reports = await installPackage(ctx, place, asked, source, progress.show).finally(progress.end)
    for (const report of reports) {
      say(printReport(report))
      for (const { diagnostics } of report.examples.refused) say(`  refused: ${diagnostics}`)
    }
  }
}

function wantedBy(text: string): Wanted {
  if (existsSync(text)) return { by: 'archive', archive: archiveAt(text) }
  const name = parseName(text)
  if (name) return { by: 'name', ...name }
  throw fail('value', `'${text}' is neither a file or folder that is there nor the name of a package, NAME[@VERSION]`)
}

async function list({ ctx, place }: Site): Promise<void> {
  for (const record of await packageRecords(ctx.store, place.tenant)) {
    const note = record.state === 'installed' ? '' : ` (${record.state}: not in force; install or remove it again)`
    const examples = record.examples.length > 0 ? `, ${record.examples.length} examples` : ''
    say(`${printName(record)}: ${record.resources.length} resources${examples}${note}`)
  }
}

async function remove({ ctx, place }: Site, text: string, force: boolean): Promise<void> {
  const name = parseName(text)
  if (!name) throw fail('value', `'${text}' is not the name of a package: expected NAME or NAME@VERSION`)
  const version = /[@#]/.test(text) ? name.version : undefined
  const removed = await removePackage(ctx, place, { name: name.name, version, force })
  const kept = removed.kept > 0 ? `; ${removed.kept} were kept, because somebody has changed their source` : ''
  say(`${printName(removed)} is removed: ${removed.deleted} resources deleted${kept}`)
}

/** One line that is written over, on a terminal only. */
function progressLine(): { readonly show: Progress; readonly end: () => void } {
  const { stderr } = process
  if (!stderr.isTTY) return { show: () => {}, end: () => {} }
  const line = (text: string) => void stderr.write(`\r\u001b[K${text}`)
  return {
    show: step => line(`${step.package}: ${step.done} of ${step.of}`),
    end: () => line(''),
  }
}
