/**
 * `POST [base]/$install-package`, an operation of our own: the bytes of a package, or the name of one that the configured
 * registry has. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification
 */
import type { Archive } from '../../conformance/package/entry.ts'
import { resolve } from '../../conformance/package/resolve.ts'
import type { PackageSource } from '../../conformance/package/source.ts'
import { unpack } from '../../conformance/package/unpack.ts'
import { chooseVersion, isPackageName, type Name, printName } from '../../conformance/package/version.ts'
import { fail, type Issue, toOutcome } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'
import type { Place } from './alone.ts'
import type { Examples } from './examples.ts'
import { installAll, type Progress, type Report } from './install.ts'
import { packageRecords } from './installed.ts'

export type Wanted = (
  | { readonly by: 'bytes'; readonly bytes: Uint8Array }
  | { readonly by: 'archive'; readonly archive: Archive }
  | ({ readonly by: 'name' } & Name)
) & {
  /** Its own, not those of what it depends on. */
  readonly examples?: boolean
}

/** With all that it depends on and that is not there yet. `source`: where packages may be had by name. */
export async function installPackage(
  ctx: Context,
  place: Place,
  wanted: Wanted,
  source: PackageSource,
  progress: Progress = () => {},
): Promise<readonly Report[]> {
  const root = await archiveOf(wanted, source)
  const records = await packageRecords(ctx.store, place.tenant)
  const installed = records.filter(({ state }) => state === 'installed')
  return installAll(ctx, place, await resolve(root, source, installed), wanted.examples === true, progress)
}

async function archiveOf(wanted: Wanted, source: PackageSource): Promise<Archive> {
  if (wanted.by === 'bytes') return () => unpack([wanted.bytes])
  if (wanted.by === 'archive') return wanted.archive
  if (!isPackageName(wanted.name)) throw fail('value', `'${wanted.name}' is not a package's name`)
  const versions = await source.versions(wanted.name)
  const version = chooseVersion(wanted.version, versions)
  if (version !== undefined) return source.open(wanted.name, version)
  const there = versions.length === 0 ? 'the package is not known' : `there are ${versions.join(', ')}`
  throw fail('not-found', `${printName(wanted)} cannot be had: ${there}`)
}

/** The operation's answer. */
export function reportOutcome(reports: readonly Report[]): Resource {
  return toOutcome(
    reports.flatMap((report): readonly Issue[] => [
      { severity: 'information', code: 'informational', diagnostics: printReport(report) },
      ...report.examples.refused.map(issue => ({ ...issue, severity: 'warning' as const })),
    ]),
  )
}

export function printReport(report: Report): string {
  const { resources, resumed, examples, idle, already } = report
  const more = printExamples(examples)
  if (already) return `${printName(report)} was installed already${more}`
  const before = resumed > 0 ? `, ${resumed} of them by a run before this one` : ''
  const unused = idle > 0 ? `; ${idle} search parameters are not in force, because others have their names` : ''
  return `${printName(report)} is installed: ${resources} resources${before}${more}${unused}`
}

function printExamples({ there, wanted, stored, before }: Examples): string {
  if (there === 0) return ''
  if (!wanted) return `; ${there} examples were not asked for`
  const already = before > 0 ? `, ${before} were there before` : ''
  const out = there - stored - before
  return `; ${stored} examples are stored${already}${out > 0 ? `, ${out} were refused` : ''}`
}
