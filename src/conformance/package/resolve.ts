/** What must be installed, and in which order, so that a package stands on all that it depends on. */
import { FhirError, fail } from '../../fhir/issue.ts'
import type { Archive } from './entry.ts'
import { core, type Manifest, readManifest } from './manifest.ts'
import type { PackageSource } from './source.ts'
import { chooseVersion, type Name, printName, satisfies } from './version.ts'

export type Resolved = {
  readonly manifest: Manifest
  readonly archive: Archive
  /** What it stands on, in exact versions. */
  readonly dependencies: readonly Name[]
}

const most = 200 // packages at once; the largest guides stand on 20

/**
 * Dependencies first; where they go round in a circle, in the order in which they were met. `installed` is not fetched again.
 * Two packages that want different versions of a third get both: definitions are known by `canonical|version`.
 */
export async function resolve(
  root: Archive,
  source: PackageSource,
  installed: readonly Name[],
): Promise<readonly Resolved[]> {
  const met = new Set<string>()
  const ordered: Resolved[] = []

  async function visit(manifest: Manifest, archive: Archive, path: readonly Name[]): Promise<void> {
    met.add(printName(manifest))
    if (met.size > most)
      throw fail('too-costly', `${printName(manifest)} is the ${most + 1}th package that is depended on`)
    const dependencies: Name[] = []
    for (const wanted of manifest.dependencies.filter(({ name }) => name !== core)) {
      const way = [...path, manifest]
      const found = await find(wanted, way)
      dependencies.push(found)
      if (met.has(printName(found)) || isAmong(installed, found)) continue
      const opened = await source.open(found.name, found.version)
      await visit(await manifestOf(opened, found, way), opened, way)
    }
    ordered.push({ manifest, archive, dependencies })
  }

  /** What is installed only counts where the source has nothing: `1.0.x` means the newest that can be had. */
  async function find(wanted: Name, way: readonly Name[]): Promise<Name> {
    if (isAmong(installed, wanted)) return wanted
    const there = installed.filter(one => one.name === wanted.name && satisfies(one.version, wanted.version))
    const version = await said(way, async () => {
      const versions = await source.versions(wanted.name)
      const local = there.map(one => one.version)
      return chooseVersion(wanted.version, versions) ?? chooseVersion(wanted.version, local)
    })
    if (version === undefined) throw missing(wanted, way)
    return { name: wanted.name, version }
  }

  const manifest = await readManifest(root)
  if (manifest.name === core)
    throw fail('business-rule', `${core} is what this server is made of: it needs no package of it`)
  await visit(manifest, root, [])
  return ordered
}

function isAmong(names: readonly Name[], { name, version }: Name): boolean {
  return names.some(one => one.name === name && one.version === version)
}

/** An archive that says it is another package than it was asked for would be stored under a false name. */
async function manifestOf(archive: Archive, asked: Name, way: readonly Name[]): Promise<Manifest> {
  const manifest = await said([...way, asked], () => readManifest(archive))
  if (printName(manifest) === printName(asked)) return manifest
  throw fail('conflict', `${printName(asked)} was asked for, but ${printName(manifest)} came`, undefined, {
    status: 422,
  })
}

/** A refusal that names who wanted it. */
async function said<T>(way: readonly Name[], ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (cause) {
    if (!(cause instanceof FhirError)) throw cause
    const { issues, status, headers } = cause
    const named = issues.map(issue => ({ ...issue, diagnostics: `${print(way)}: ${issue.diagnostics}` }))
    throw new FhirError(named, { status, headers, cause })
  }
}

function missing(wanted: Name, way: readonly Name[]): Error {
  const text = `${print(way)} depends on ${printName(wanted)}, which is neither installed nor to be had`
  return fail('not-found', text, undefined, { status: 422 })
}

function print(way: readonly Name[]): string {
  return way.map(printName).join(' → ')
}
