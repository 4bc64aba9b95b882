/** `package/package.json`: who the package is, for which FHIR, and what it stands on. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification */
import { fail } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import type { Archive } from './entry.ts'
import { isPackageName, isVersion, type Name, printName } from './version.ts'

export type Manifest = Name & {
  readonly title?: string
  readonly description?: string
  readonly canonical?: string
  /** As they stand there: exact, `1.0.x`, `latest` … */
  readonly dependencies: readonly Name[]
}

export const manifestPath = 'package/package.json'

/** Where the definitions of R4 itself come from; the server brings them. */
export const core = 'hl7.fhir.r4.core'

/** Reads no further than to the manifest, which is the first file of a package as a rule. */
export async function readManifest(archive: Archive): Promise<Manifest> {
  for await (const { path, bytes } of archive()) {
    if (path === manifestPath) return parseManifest(bytes)
  }
  throw fail('structure', `there is no ${manifestPath}: expected a FHIR NPM package`)
}

export function parseManifest(bytes: Uint8Array): Manifest {
  const json = parsed(bytes)
  const name = text(json, 'name') ?? ''
  const version = text(json, 'version') ?? ''
  if (!isPackageName(name)) throw wrong(`name is '${name}': expected a package's name such as hl7.fhir.us.core`)
  if (!isVersion(version)) throw wrong(`version is '${version}': expected a version such as 1.0.0`)
  const dependencies = dependenciesOf(json)
  mustBeR4({ name, version }, json, dependencies)
  const [title, description, canonical] = [text(json, 'title'), text(json, 'description'), text(json, 'canonical')]
  return {
    name,
    version,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(canonical === undefined ? {} : { canonical }),
    dependencies,
  }
}

function parsed(bytes: Uint8Array): JsonObject {
  const json = named(bytes)
  if (!isObject(json)) throw wrong('expected an object')
  return json
}

function named(bytes: Uint8Array): Json {
  try {
    return parseJson(bytes)
  } catch (cause) {
    throw wrong(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function dependenciesOf(json: JsonObject): readonly Name[] {
  const dependencies = json['dependencies'] ?? {}
  if (!isObject(dependencies)) throw wrong('dependencies: expected an object of names and versions')
  return Object.entries(dependencies).map(([name, version]) => {
    if (!isPackageName(name)) throw wrong(`dependencies: '${name}' is not a package's name`)
    if (typeof version !== 'string') throw wrong(`dependencies: the version of '${name}' is not a text`)
    return { name, version }
  })
}

/** 4.0.0 is the first publication of R4 and 4.0.1 the second, which corrects it; `4.0` means either. */
function mustBeR4(it: Name, json: JsonObject, dependencies: readonly Name[]): void {
  const said = [json['fhirVersions'], json['fhir-version-list']].find(Array.isArray)
  // Old packages only tell it by the core that they depend on.
  const fhirVersions = said ?? dependencies.filter(({ name }) => name === core).map(({ version }) => version)
  if (fhirVersions.some(version => version === '4.0' || version === '4.0.0' || version === '4.0.1')) return
  const what = fhirVersions.length === 0 ? 'an unknown version' : fhirVersions.join(', ')
  throw fail(
    'not-supported',
    `${printName(it)} is made for FHIR ${what}: this server takes packages for 4.0.1 (R4)`,
    undefined,
    {
      status: 422,
    },
  )
}

function text(json: JsonObject, name: string): string | undefined {
  const value = json[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function wrong(why: string, cause?: unknown): Error {
  return fail('structure', `${manifestPath}: ${why}`, undefined, { cause })
}
