/** Where packages come from, by name and version. */
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Archive } from './entry.ts'
import { readFolder } from './folder.ts'
import { readManifest } from './manifest.ts'
import { unpack } from './unpack.ts'

export type PackageSource = {
  /** None where it is not known. */
  versions(name: string): Promise<readonly string[]>
  /** One of these versions. */
  open(name: string, version: string): Promise<Archive>
}

/** A packed file, whatever it is called, or an unpacked folder. */
export function archiveAt(path: string): Archive {
  return async function* () {
    const found = await stat(path)
    yield* found.isDirectory() ? readFolder(path) : unpack(createReadStream(path))
  }
}

/** All `.tgz` files of a folder, known by their manifests and not by their names. */
export function folderSource(folder: string): PackageSource {
  let found: Promise<ReadonlyMap<string, ReadonlyMap<string, Archive>>> | undefined
  const look = () => {
    found ??= readAll(folder)
    return found
  }
  return {
    versions: async name => [...((await look()).get(name)?.keys() ?? [])],
    async open(name, version) {
      const archive = (await look()).get(name)?.get(version)
      if (!archive) throw new Error('only versions that were named are asked for')
      return archive
    },
  }
}

async function readAll(folder: string): Promise<ReadonlyMap<string, ReadonlyMap<string, Archive>>> {
  const packages = new Map<string, Map<string, Archive>>()
  for (const file of (await readdir(folder)).sort()) {
    if (!file.endsWith('.tgz')) continue
    const archive = archiveAt(join(folder, file))
    const manifest = await readManifest(archive).catch(() => undefined) // of another FHIR version, or no package: nobody asked for it
    if (manifest === undefined) continue
    const versions = packages.get(manifest.name) ?? new Map<string, Archive>()
    packages.set(manifest.name, versions.set(manifest.version, archive))
  }
  return packages
}

/** The first one that knows a package gives it. */
export function anyOf(sources: readonly PackageSource[]): PackageSource {
  async function first(name: string): Promise<{ source: PackageSource; versions: readonly string[] } | undefined> {
    for (const source of sources) {
      const versions = await source.versions(name)
      if (versions.length > 0) return { source, versions }
    }
    return undefined
  }
  return {
    versions: async name => (await first(name))?.versions ?? [],
    async open(name, version) {
      const found = await first(name)
      if (!found) throw new Error('only versions that were named are asked for')
      return found.source.open(name, version)
    },
  }
}
