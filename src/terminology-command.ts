/** `kiln terminology load | list | choose | remove`: the library of code systems, beside running servers, which see changes within a second. */
import { Command } from 'commander'
import { inTenant, ofSystem, say } from './command.ts'
import { type Environment, parseConfig } from './config.ts'
import { fail } from './fhir/issue.ts'
import { outside } from './server.ts'
import { libraryFolder } from './terminology/config.ts'
import { type Catalog, type Entry, openCatalog } from './terminology/library/catalog.ts'
import { printBar, printCount, printProgress } from './terminology/load/printed-progress.ts'
import { printed } from './terminology/load/problems.ts'
import type { End, Loaded, Progress, Task } from './terminology/load/task.ts'
import { runInThread } from './terminology/load/thread.ts'

/** How the process ends. 1 is for what is wrong with the command, its settings or this machine. */
const exit = { refused: 2, cancelled: 130 } as const

type Options = { readonly tenant?: string }
type LoadOptions = Options & {
  readonly system?: string
  readonly version?: string
  readonly edition?: string
  readonly language?: string
  readonly choose?: true
  readonly together?: true
  readonly lenient?: true
}

export function terminologyCommand(environment: Environment): Command {
  const command = new Command('terminology').description('code systems as their distributors publish them')
  const sub = (usage: string, description: string) =>
    command
      .command(usage)
      .description(description)
      .option('--tenant <name>', 'the tenant that alone sees them; by default all tenants do')

  sub('load <file...>', 'load releases: archives (ZIP), folders or single files, as they were distributed')
    .option('--system <url>', 'the code system of plain files (CSV, TSV), which name none')
    .option('--version <version>', 'its version, where the files tell none, or in place of what they tell')
    .option('--edition <uri>', 'what all versions of the edition share; SNOMED CT tells it itself')
    .option('--language <code>', 'of displays, where the files tell none')
    .option('--together', 'all files are one release, such as a national extension and what it extends')
    .option('--lenient', 'leave out rows that lead nowhere; else they refuse the release')
    .option('--choose', 'answer by it whoever names no version, though a later one should come')
    .addHelpText('after', loadHelp)
    .action((files: readonly string[], options: LoadOptions) =>
      within(environment, options, at => load(at, files, options)),
    )
  sub('list', 'list what there is; * marks the version that answers who names none').action((options: Options) =>
    within(environment, options, list),
  )
  sub('choose <system> [version]', 'which version answers who names none; without one, the latest again').action(
    (system: string, version: string | undefined, options: Options) =>
      within(environment, options, at => choose(at, system, version)),
  )
  sub('remove <system> <version>', 'remove a version; who reads it goes on reading it').action(
    (system: string, version: string, options: Options) =>
      within(environment, options, at => remove(at, system, version)),
  )
  return command
}

const loadHelp = `
Formats are told by the files: SNOMED CT (RF2), LOINC, ICD-10-CM (tabular XML or order file), ICD-10 and others in
ClaML, RxNorm (RRF), HCPCS, CVX, NDC, CodeSystem resources (JSON, alone, in a Bundle, or one a line), CSV with the columns
code, display, definition, parent, active, abstract, display:LANGUAGE, and others as properties.
FHIR packages (.tgz) are for 'kiln package install'.

Examples:
  kiln terminology load SnomedCT_InternationalRF2_PRODUCTION_20260101T120000Z.zip
  kiln terminology load --together SnomedCT_International….zip SnomedCT_ManagedServiceDE….zip
  kiln terminology load Loinc_2.80.zip --choose
  kiln terminology load wards.csv --system http://example.org/wards --version 3 --language de --tenant north

A version appears when it is complete, and not before; a load that was stopped leaves nothing, and is begun again.
It ends with 0 if all is loaded, 2 if files are wrong, 130 if it was stopped, and 1 if something else is wrong.`

type At = { readonly folder: string; readonly catalog: Catalog; readonly tenant: string | undefined }

async function within(environment: Environment, { tenant }: Options, act: (at: At) => Promise<void>): Promise<void> {
  const config = parseConfig(environment)
  const folder = libraryFolder(config)
  if (folder === undefined) throw fail('required', 'expected the setting KILN_TERMINOLOGY, the folder of the library')
  const isOfSettings = tenant === undefined || ['default', ...config.KILN_TENANTS].includes(tenant)
  if (!isOfSettings) await inTenant(environment, { tenant }, async () => {}) // only the store knows it
  const catalog = openCatalog(folder, outside)
  try {
    await act({ folder, catalog, tenant })
  } catch (cause) {
    throw ofSystem(cause)
  } finally {
    catalog.close()
  }
}

async function load(at: At, files: readonly string[], options: LoadOptions): Promise<void> {
  const { choose, together, tenant, ...wanted } = options
  const whose = tenant === undefined ? {} : { tenant }
  const releases = together ? [files] : files.map(file => [file])
  let worst = 0
  for (const paths of releases) {
    const end = await loadOne({ folder: at.folder, paths, ...whose, ...wanted })
    for (const one of end.loaded) {
      say(printLoaded(one))
      if (choose) at.catalog.choose(one.system, one.version, tenant)
    }
    worst = Math.max(worst, explain(end, paths.join(', ')))
    if (end.is === 'cancelled') break
  }
  process.exitCode = worst
}

async function loadOne(task: Task): Promise<End> {
  const stopping = new AbortController()
  // Whoever asks twice does not want to wait: what is left behind then never counts, and a later load clears it away.
  const stop = (): void => (stopping.signal.aborted ? process.exit(exit.cancelled) : stopping.abort())
  process.on('SIGINT', stop).on('SIGTERM', stop)
  const progress = progressLine(outside.elapsed)
  try {
    return await runInThread(task, { progress: progress.show, signal: stopping.signal })
  } finally {
    progress.end()
    process.off('SIGINT', stop).off('SIGTERM', stop)
  }
}

/** What the end means for the process. */
function explain(end: End, files: string): number {
  switch (end.is) {
    case 'done':
      for (const problem of end.left) complain(printed(problem))
      if (end.count > end.left.length) complain(`… and ${printCount(end.count - end.left.length)} more`)
      if (end.count > 0) complain(`${files}: ${printCount(end.count)} rows or resources were left out`)
      return 0
    case 'refused':
      for (const problem of end.problems) complain(printed(problem))
      if (end.count > end.problems.length) complain(`… and ${printCount(end.count - end.problems.length)} more`)
      complain(`${files}: not loaded, because of the above`)
      return exit.refused
    case 'failed':
      complain(`${files}: not loaded: ${end.why}`)
      return 1
    case 'cancelled':
      complain(`${files}: not loaded, because it was stopped`)
      return exit.cancelled
  }
}

function printLoaded({ system, version, edition, concepts }: Loaded): string {
  return `${nameOf({ system, version })} is loaded: ${printCount(concepts)} concepts${edition === undefined ? '' : `, edition ${edition}`}`
}

function nameOf({ system, version }: { readonly system: string; readonly version: string }): string {
  return version === '' ? system : `${system}|${version}`
}

async function list(at: At): Promise<void> {
  for (const entry of at.catalog.list(at.tenant ?? '')) {
    const { system, content, bytes, created, source = '', tenant } = entry
    const answers = at.catalog.find(at.tenant ?? '', system)?.facts.version ?? ''
    const mark = answers === entry.version ? '*' : ' '
    const size = `${(bytes / 1e6).toFixed(1)} MB`
    say([`${mark} ${nameOf(entry)}`, content, size, created.slice(0, 10), source, tenant ?? ''].join('\t').trimEnd())
  }
}

/** Of the tenant alone, or of everybody. */
function entries({ catalog, tenant }: At): readonly Entry[] {
  return catalog.list(tenant ?? '').filter(entry => entry.tenant === tenant)
}

async function choose(at: At, system: string, version: string | undefined): Promise<void> {
  const ours = at.catalog.list(at.tenant ?? '').filter(entry => entry.system === system)
  if (!ours.some(entry => version === undefined || entry.version === version || entry.edition === version)) {
    throw missing(ours, system, version)
  }
  at.catalog.choose(system, version, at.tenant)
  say(`${system}: ${version === undefined ? 'the latest version' : `version ${version}`} answers who names none`)
}

async function remove(at: At, system: string, version: string): Promise<void> {
  const ours = entries(at).filter(entry => entry.system === system)
  const found = ours.filter(entry => entry.version === version)
  if (found.length === 0) throw missing(ours, system, version)
  for (const entry of found) at.catalog.remove(entry)
  say(`${nameOf({ system, version })} is removed`)
}

function missing(ours: readonly Entry[], system: string, version = ''): Error {
  const there =
    ours.length === 0
      ? `nothing of ${system} is there`
      : `there are ${ours.map(each => `'${each.version}'`).join(', ')}`
  return fail('not-found', `${nameOf({ system, version })} is not in the library: ${there}`)
}

function complain(line: string): void {
  process.stderr.write(`${line}\n`)
}

const often = 100 // ms between two states of the line on a terminal
const seldom = 5_000 // and between two lines in a log

/** One line that is written over, on a terminal; else a line at each step and now and then. */
function progressLine(elapsed: () => number): { show(progress: Progress): void; end(): void } {
  const { stderr } = process
  const pause = stderr.isTTY ? often : seldom
  let begun: number | undefined
  let shown = 0
  let step: string | undefined
  return {
    show(progress) {
      const now = elapsed()
      if (begun === undefined || (progress.step === 'reading' && step !== 'reading')) begun = now
      if (progress.step === step && now - shown < pause) return
      shown = now
      step = progress.step
      const text = printProgress(progress, now - begun)
      // A terminal may not tell how wide it is.
      const line = (): string => `${printBar(progress)} ${text}`.slice(0, (stderr.columns || 80) - 1)
      stderr.write(stderr.isTTY ? `\r\u001b[K${line()}` : `${text}\n`)
    },
    end: () => void (stderr.isTTY && stderr.write('\r\u001b[K')),
  }
}
