/** Packages out of a registry, as npm's protocol has it. https://confluence.hl7.org/display/FHIR/FHIR+Package+Registry+User+Documentation */
import { createHash } from 'node:crypto'
import { fail } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import type { Archive } from './entry.ts'
import type { PackageSource } from './source.ts'
import { unpack } from './unpack.ts'
import { isVersion, printName } from './version.ts'

/** The way out of this server, where there is one. `undefined`: the other side knows nothing of this name. */
export type Fetch = (url: string, limits: FetchLimits) => Promise<Uint8Array | undefined>

export type FetchLimits = { readonly bytes: number /** All in all. */; readonly ms: number }

const megabyte = 1024 * 1024
const listing: FetchLimits = { bytes: 8 * megabyte, ms: 30_000 }
const tarball: FetchLimits = { bytes: 64 * megabyte, ms: 300_000 }

/** `registry` without a trailing slash. What was fetched is kept as long as the source is. */
export function registrySource(registry: string, fetch: Fetch): PackageSource {
  const listings = new Map<string, Promise<JsonObject>>()

  function versionsOf(name: string): Promise<JsonObject> {
    const known = listings.get(name) ?? ask(name)
    listings.set(name, known)
    return known
  }

  async function ask(name: string): Promise<JsonObject> {
    const bytes = await fetch(`${registry}/${name}`, listing)
    if (bytes === undefined) return {}
    const answer = parseJson(bytes)
    const versions = isObject(answer) ? answer['versions'] : undefined
    if (!isObject(versions)) throw wrong(name, 'its answer has no versions')
    return versions
  }

  return {
    versions: async name => Object.keys(await versionsOf(name)).filter(isVersion),
    async open(name, version): Promise<Archive> {
      const named = printName({ name, version })
      const dist = member((await versionsOf(name))[version], 'dist')
      const url = urlOf(dist, `${registry}/${name}/${version}`)
      const promised = promisedBy(dist)
      // Whoever sits between us and another host could send what he likes.
      if (registry.startsWith('https:') && !url.startsWith('https:') && promised === undefined) {
        throw wrong(named, 'its tarball would come without encryption and without a checksum')
      }
      const bytes = await fetch(url, tarball)
      if (bytes === undefined) throw wrong(named, 'it lists a tarball that it does not have')
      if (promised !== undefined && !promised(bytes))
        throw wrong(named, 'the tarball is not the one that its checksum promises')
      return () => unpack([bytes])
    },
  }
}

function urlOf(dist: JsonObject, fallback: string): string {
  const url = dist['tarball']
  return typeof url === 'string' && url !== '' ? url : fallback
}

/** https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md#dist: `integrity` outranks `shasum`. */
function promisedBy(dist: JsonObject): ((bytes: Uint8Array) => boolean) | undefined {
  const { integrity, shasum } = dist
  if (typeof integrity === 'string' && integrity !== '') {
    const known = integrity.split(/\s+/).filter(one => /^sha(256|384|512)-/.test(one))
    return bytes => known.some(one => hash(one.slice(0, 6), bytes, 'base64') === one.slice(7))
  }
  if (typeof shasum === 'string' && shasum !== '') return bytes => hash('sha1', bytes, 'hex') === shasum.toLowerCase()
  return undefined
}

function hash(algorithm: string, bytes: Uint8Array, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(bytes).digest(encoding)
}

function member(of: Json | undefined, name: string): JsonObject {
  const value = isObject(of) ? of[name] : undefined
  return isObject(value) ? value : {}
}

function wrong(name: string, why: string): Error {
  return fail('processing', `the package registry cannot give ${name}: ${why}`, undefined, { status: 502 })
}
