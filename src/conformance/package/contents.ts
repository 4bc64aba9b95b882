/** What a package brings: read once from end to end and judged as a whole, before anything of it is stored. */
import { createHash } from 'node:crypto'
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
  /** Paths of its examples: files that were not looked into, and resources that define nothing. */
  readonly examples: readonly string[]
  /** Of all that is taken: the same package has the same. */
  readonly digest: string
}

/** A resource of the package that is to be stored. */
export type Item = { readonly path: string; readonly type: string; readonly id: string; readonly digest: string }

export type Check = (resource: Resource, at: string) => readonly Issue[] | Promise<readonly Issue[]>

/** Lets others have their turn: asked before and after each step that may take milliseconds. */
export type Turn = () => Promise<unknown>

/** `check` says what is wrong with a resource; any error refuses the package. */
export async function readContents(archive: Archive, check: Check, turn: Turn): Promise<Contents> {
  const manifest = await readManifest(archive) // first, or each file of another FHIR version would be wrong in its own way
  const read = openReading(manifest, check, turn)
  for await (const entry of archive()) {
    if (entry.path === manifestPath) mustAgree(entry, manifest)
    else await read.take(entry)
    await turn()
  }
  return read.end()
}

/** The resources of `items` once more, in their order in the archive, which must not have changed. */
export async function* resourcesOf(archive: Archive, items: readonly Item[], turn: Turn): AsyncGenerator<Resource> {
  const digests = new Map(items.map(item => [item.path, item.digest]))
  for await (const { path, bytes } of filesOf(archive, [...digests.keys()], turn)) {
    if (digest(bytes) !== digests.get(path)) throw changed(path)
    const resource = parseJson(bytes)
    if (isResource(resource)) yield resource
  }
}

/** These files, in their order in the archive: all of them, or it has changed. */
export async function* filesOf(archive: Archive, paths: readonly string[], turn: Turn): AsyncGenerator<Entry> {
  const wanted = new Set(paths)
  for await (const entry of archive()) {
    await turn()
    if (wanted.delete(entry.path)) yield entry
  }
  for (const path of wanted) throw changed(path)
}

function changed(path: string): Error {
  return fail('conflict', `'${path}' was changed while the package was being read; please try again`)
}

function mustAgree({ path, bytes }: Entry, manifest: Manifest): void {
  if (JSON.stringify(parseManifest(bytes)) !== JSON.stringify(manifest)) throw changed(path)
}

const enough = 100 // errors; whoever has made more needs no list of them

function openReading(manifest: Manifest, check: Check, turn: Turn) {
  const items: Item[] = []
  const issues: Issue[] = []
  const seen = new Map<string, string>()
  const examples: string[] = []
  let guide: Resource | undefined

  async function take(entry: Entry): Promise<void> {
    const kind = kindOf(entry.path)
    if (kind === 'example') examples.push(entry.path)
    if (kind !== 'resource' || issues.length > enough) return
    const resource = parsed(entry, issues)
    if (!isResource(resource)) return
    await turn()
    if (!isDefinition(resource.resourceType)) examples.push(entry.path)
    else if (isGuideOf(resource, manifest)) guide = await judged(entry, resource)
    else await judged(entry, resource)
  }

  async function judged({ path, bytes }: Entry, resource: Resource): Promise<Resource> {
    const { resourceType: type, id } = resource
    issues.push(...(await check(resource, type)).filter(isError).map(issue => inFile(path, issue)))
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
  // `.index.json` lists what is there anyway; `ig-r4.json` is the guide a second time.
  const isNoise = /^(\.|ig-r\d)/.test(file ?? folder)
  if (root !== 'package' || !path.endsWith('.json') || deeper.length > 0 || isNoise) return 'other'
  if (file === undefined) return 'resource'
  return folder === 'example' || folder === 'examples' ? 'example' : 'other'
}

function parsed({ path, bytes }: Entry, issues: Issue[]): Json | undefined {
  try {
    return parseJson(bytes)
  } catch (cause) {
    if (!(cause instanceof FhirError)) throw cause
    issues.push(...cause.issues.map(issue => inFile(path, issue)))
    return undefined
  }
}

/** The same, naming the file that it is about. */
export function inFile(path: string, issue: Issue): Issue {
  return { ...issue, diagnostics: `${path}: ${issue.diagnostics}` }
}

function isGuideOf(resource: Resource, { name }: Manifest): boolean {
  return resource.resourceType === 'ImplementationGuide' && resource['packageId'] === name
}

export function digest(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
