/**
 * A package's definitions become resources of the tenant, by ordinary commits: index, history and changes as with any other
 * write. They go in small parts, so that nobody has to wait for them, and count only when the record says `installed`.
 */
import { type Contents, readContents, resourcesOf } from '../../conformance/package/contents.ts'
import { packaged } from '../../conformance/package/packaged.ts'
import { printRecord } from '../../conformance/package/record.ts'
import type { Resolved } from '../../conformance/package/resolve.ts'
import { type Name, printName } from '../../conformance/package/version.ts'
import { fail, type Issue, isError } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'
import { put, unchanged } from '../../interactions/write.ts'
import type { Write } from '../../store/port.ts'
import { type Alone, alone, type Place } from './alone.ts'
import { recordOf, recordWrite } from './installed.ts'
import { erase } from './remove.ts'

export type Progress = (step: { readonly package: string; readonly done: number; readonly of: number }) => void

export type Report = Name & {
  /** It was there before, the same in every file. */
  readonly already: boolean
  /** Resources that it brought. */
  readonly resources: number
  /** Resources that a run before this one, which was stopped, had stored already. */
  readonly resumed: number
  readonly examples: number
  /** SearchParameters that nobody can search by here. */
  readonly idle: number
}

/**
 * In this order: each one is complete before the next begins, so that a failure leaves no package without those it stands on.
 * A run that was stopped is repeated as it was.
 */
export async function installAll(
  ctx: Context,
  place: Place,
  packages: readonly Resolved[],
  progress: Progress,
): Promise<readonly Report[]> {
  const reports: Report[] = []
  for (const one of packages) reports.push(await install(ctx, place, one, progress))
  return reports
}

async function install(ctx: Context, place: Place, one: Resolved, progress: Progress): Promise<Report> {
  let idle = 0
  const contents = await readContents(one.archive, async (resource, at) => {
    const issues = await ctx.validate(resource, at)
    if (!isIdle(resource, issues)) return issues
    idle++
    return []
  })
  const { manifest, items, examples } = contents
  const { name, version } = manifest
  const report = { name, version, resources: items.length, examples, idle }
  return alone(ctx, place, async alone => {
    const standing = await recordOf(ctx.store, place.tenant, manifest)
    const same = standing?.record.digest === contents.digest
    if (standing?.record.state === 'installed') {
      if (same) return { ...report, already: true, resumed: 0 }
      throw otherContent(manifest)
    }
    if (standing && !same) await erase(ctx, place, alone, standing) // what was begun is not what is wanted now
    await alone.commit([await recordWrite(ctx, place, printRecord(contents, one.dependencies, 'loading'))], false)
    const resumed = await store(ctx, place, alone, one, contents, progress)
    await alone.commit([await recordWrite(ctx, place, printRecord(contents, one.dependencies, 'installed'))], false)
    return { ...report, already: false, resumed }
  })
}

/**
 * A guide defines anew what R4 defines (`identifier` of Patient, with other words), and its next version what this one does. Such
 * a SearchParameter is refused from a client, who wants to search by it. In a package it is one of many: it is kept, and R4's or
 * the earlier one stays in force.
 */
function isIdle({ resourceType }: Resource, issues: readonly Issue[]): boolean {
  const errors = issues.filter(isError)
  return resourceType === 'SearchParameter' && errors.length > 0 && errors.every(({ code }) => code === 'business-rule')
}

function otherContent(name: Name): Error {
  const text = `${printName(name)} is installed with other content: a published version does not change. To take this one, remove the other first`
  return fail('conflict', text)
}

/** At most so many resources and characters in one commit: it takes the store some milliseconds. */
const part = { resources: 32, characters: 256_000 }

/** How many stood there already. */
async function store(
  ctx: Context,
  place: Place,
  alone: Alone,
  { archive }: Resolved,
  { manifest, items }: Contents,
  progress: Progress,
): Promise<number> {
  let done = 0
  let resumed = 0
  let writes: Put[] = []
  let characters = 0
  let committing: Promise<void> = Promise.resolve()

  async function commit(part: readonly Put[]): Promise<void> {
    const standing = await ctx.store.readAll(part.map(({ key }) => key))
    const fresh = part.filter(({ draft }, at) => !unchanged(standing[at], draft))
    if (fresh.length > 0) await alone.commit(fresh)
    resumed += part.length - fresh.length
    done += part.length
    progress({ package: printName(manifest), done, of: items.length })
  }

  /** While a part is being committed the next one is made. */
  async function flush(): Promise<void> {
    await committing
    committing = commit(writes)
    committing.catch(() => {}) // who waits for it hears of it
    writes = []
    characters = 0
  }

  try {
    for await (const original of resourcesOf(archive, items)) {
      const write = putOf(ctx, place, packaged(original, manifest))
      writes.push(write)
      characters += write.draft.rest.length
      if (writes.length >= part.resources || characters >= part.characters) await flush()
    }
    if (writes.length > 0) await flush()
  } finally {
    await committing // whatever happens, nothing is under way when the lease is given back
  }
  return resumed
}

type Put = Write & { do: 'put' }

function putOf(ctx: Context, { tenant, base }: Place, resource: Resource): Put {
  const { resourceType: type, id = '' } = resource
  return put(ctx, { base }, { tenant, type, id }, resource, 'PUT')
}
