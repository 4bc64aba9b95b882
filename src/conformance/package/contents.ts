/** What a package brings: read once from end to end and judged as a whole, before anything of it is stored. */
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { error, FhirError, fail, type Issue, isError } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { isResource, type Json, type Resource } from '../../fhir/resource.ts'
import type { Archive, Entry } from './entry.ts'
import { type Manifest, manifestPath, parseManifest, readManifest } from './manifest.ts'
import { isDefinition } from './packaged.ts'

export type Contents = {
  readonly manifest: Manifest
  readonly items: readonly Item[]
  /** The package's own guide, which becomes its record. */
  readonly guide: Resource | undefined
  /** Resources of its examples: counted, not stored. */
  readonly examples: number
  /** Of all that is taken: the same package has the same. */
  readonly digest: string
}

/** A resource of the package that is to be stored. */
export type Item = { readonly path: string; readonly type: string; readonly id: string; readonly digest: string }

export type Check = (resource: Resource, at: string) => readonly Issue[] | Promise<readonly Issue[]>

/** `check` says what is wrong with a resource; any error refuses the package. Other work gets its turn meanwhile. */
export async function readContents(archive: Archive, check: Check): Promise<Contents> {
  const manifest = await readManifest(archive) // first, or each file of another FHIR version would be wrong in its own way
  const breathe = openBreath()
  const read = openReading(manifest, check, breathe)
  for await (const entry of archive()) {
    if (entry.path === manifestPath) mustAgree(entry, manifest)
    else await read.take(entry)
    await breathe(entry.bytes.length)
  }
  return read.end()
}

/** The resources of `items` once more, in their order in the archive, which must not have changed. */
export async function* resourcesOf(archive: Archive, items: readonly Item[]): AsyncGenerator<Resource> {
  const breathe = openBreath()
  const wanted = new Map(items.map(item => [item.path, item]))
  for await (const { path, bytes } of archive()) {
    await breathe(bytes.length)
    const item = wanted.get(path)
    if (item === undefined) continue
    if (digest(bytes) !== item.digest) throw changed(path)
    wanted.delete(path)
    const resource = parseJson(bytes)
    if (isResource(resource)) yield resource
  }
  for (const path of wanted.keys()) throw changed(path)
}

type Breathe = (bytes: number) => Promise<void>

const slice = 64 * 1024 // bytes of JSON: parsing or checking them takes a millisecond

/** Lets others have their turn whenever so much was worked at. */
function openBreath(): Breathe {
  let since = 0
  return async bytes => {
    since += bytes
    if (since < slice) return
    since = 0
    await turn()
  }
}

function changed(path: string): Error {
  return fail('conflict', `'${path}' was changed while the package was being read; please try again`)
}

function mustAgree({ path, bytes }: Entry, manifest: Manifest): void {
  if (JSON.stringify(parseManifest(bytes)) !== JSON.stringify(manifest)) throw changed(path)
}

const enough = 100 // errors; whoever has made more needs no list of them

function openReading(manifest: Manifest, check: Check, breathe: Breathe) {
  const items: Item[] = []
  const issues: Issue[] = []
  const seen = new Map<string, string>()
  let guide: Resource | undefined
  let examples = 0

  async function take(entry: Entry): Promise<void> {
    const kind = kindOf(entry.path)
    if (kind === 'other' || issues.length > enough) return
    const resource = parsed(entry, issues)
    if (!isResource(resource)) return
    await breathe(entry.bytes.length)
    if (kind === 'example' || !isDefinition(resource.resourceType)) examples++
    else if (isGuideOf(resource, manifest)) guide = await judged(entry, resource)
    else await judged(entry, resource)
  }

  async function judged({ path, bytes }: Entry, resource: Resource): Promise<Resource> {
    const { resourceType: type, id } = resource
    issues.push(...(await check(resource, type)).filter(isError).map(issue => at(path, issue)))
    if (id === undefined) issues.push(error('required', `${path}: the ${type} has no id`, `${type}.id`))
    const twin = seen.get(`${type}/${id}`)
    if (twin !== undefined) issues.push(error('invalid', `${path}: ${type}/${id} is in ${twin} too`))
    seen.set(`${type}/${id}`, path)
    if (!isGuideOf(resource, manifest)) items.push({ path, type, id: id ?? '', digest: digest(bytes) })
    return resource
  }

  function end(): Contents {
    if (issues.length > 0) throw new FhirError(issues.slice(0, enough), { status: 422 })
    const all = items.map(item => `${item.type}/${item.id} ${item.digest}`).sort()
    return { manifest, items, guide, examples, digest: digest(JSON.stringify([manifest, guide ?? null, all])) }
  }

  return { take, end }
}

/** Resources lie directly in `package/`, examples in folders of their own; what else is there is for other tools. */
function kindOf(path: string): 'resource' | 'example' | 'other' {
  const [root, folder = '', file, ...deeper] = path.split('/')
  if (root !== 'package' || !path.endsWith('.json') || deeper.length > 0) return 'other'
  // `.index.json` lists what is there anyway; `ig-r4.json` is the guide a second time.
  if (file === undefined) return /^(\.|ig-r\d)/.test(folder) ? 'other' : 'resource'
  return folder === 'example' || folder === 'examples' ? 'example' : 'other'
}

function parsed({ path, bytes }: Entry, issues: Issue[]): Json | undefined {
  try {
    return parseJson(bytes)
  } catch (cause) {
    if (!(cause instanceof FhirError)) throw cause
    issues.push(...cause.issues.map(issue => at(path, issue)))
    return undefined
  }
}

function at(path: string, issue: Issue): Issue {
  return { ...issue, diagnostics: `${path}: ${issue.diagnostics}` }
}

function isGuideOf(resource: Resource, { name }: Manifest): boolean {
  return resource.resourceType === 'ImplementationGuide' && resource['packageId'] === name
}

function digest(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
