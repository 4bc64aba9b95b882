/**
 * A package's definitions become resources of the tenant, by ordinary commits: index, history and changes as with any other
 * write. They go in small parts, so that nobody has to wait for them, and count only when the record says `installed`.
 */
import { type Check, type Contents, readContents, resourcesOf } from '../../conformance/package/contents.ts'
import { packaged } from '../../conformance/package/packaged.ts'
import { printRecord, type State } from '../../conformance/package/record.ts'
import type { Resolved } from '../../conformance/package/resolve.ts'
import { type Name, printName } from '../../conformance/package/version.ts'
import { fail, type Issue, isError } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'
import { put, unchanged } from '../../interactions/write.ts'
import { type Alone, alone, type Place } from './alone.ts'
import { type Examples, leftOut, storeExamples } from './examples.ts'
import { recordOf, recordWrite } from './installed.ts'
import { type Put, storeInParts } from './parts.ts'
import { erase } from './remove.ts'

export type Progress = (step: { readonly package: string; readonly done: number; readonly of: number }) => void

export type Report = Name & {
  /** It was there before, the same in every file. */
  readonly already: boolean
  /** Resources that it brought. */
  readonly resources: number
  /** Resources that a run before this one, which was stopped, had stored already. */
  readonly resumed: number
  readonly examples: Examples
  /** SearchParameters that nobody can search by here. */
  readonly idle: number
}

/**
 * In this order: each one is complete before the next begins, so that a failure leaves no package without those it stands on.
 * A run that was stopped is repeated as it was. `examples`: those of the last one are wanted, on which the others only wait.
 */
export async function installAll(
  ctx: Context,
  place: Place,
  packages: readonly Resolved[],
  examples: boolean,
  progress: Progress,
): Promise<readonly Report[]> {
  const reports: Report[] = []
  for (const one of packages) {
    const [contents, report] = await install(ctx, place, one, progress)
    const wanted = examples && one === packages.at(-1)
    const told = (done: number, of: number): void => progress({ package: printName(one.manifest), done, of })
    const stored = wanted ? await storeExamples(ctx, place, one, contents, told) : leftOut(contents)
    reports.push({ ...report, examples: stored })
  }
  return reports
}

type Defined = readonly [contents: Contents, report: Omit<Report, 'examples'>]

async function install(ctx: Context, place: Place, one: Resolved, progress: Progress): Promise<Defined> {
  let idle = 0
  const check: Check = async (resource, at) => {
    const issues = await ctx.validate(resource, at)
    if (!isIdle(resource, issues)) return issues
    idle++
    return []
  }
  const contents = await readContents(one.archive, check, ctx.turn)
  const { manifest, items } = contents
  const { name, version } = manifest
  const report = { name, version, resources: items.length, idle }
  return alone(ctx, place, async alone => {
    const standing = await recordOf(ctx.store, place.tenant, manifest)
    const same = standing?.record.digest === contents.digest
    if (standing?.record.state === 'installed') {
      if (same) return [contents, { ...report, already: true, resumed: 0 }]
      throw otherContent(manifest)
    }
    if (standing && !same) await erase(ctx, place, alone, standing) // what was begun is not what is wanted now
    const examples = same ? standing.record.examples : [] // left by a removal that was stopped
    const record = (state: State): Resource => printRecord(contents, one.dependencies, state, examples)
    await alone.commit([await recordWrite(ctx, place, record('loading'))], false)
    const resumed = await store(ctx, place, alone, { ...one, isBegun: same }, contents, progress)
    await alone.commit([await recordWrite(ctx, place, record('installed'))], false)
    return [contents, { ...report, already: false, resumed }]
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

/** How many stood there already. */
function store(
  ctx: Context,
  place: Place,
  alone: Alone,
  { archive, isBegun }: Resolved & { readonly isBegun: boolean },
  { manifest, items }: Contents,
  progress: Progress,
): Promise<number> {
  async function* puts(): AsyncGenerator<Put> {
    for await (const original of resourcesOf(archive, items, ctx.turn))
      yield putOf(ctx, place, packaged(original, manifest))
  }
  return storeInParts(ctx, alone, {
    puts: puts(),
    isDue: isBegun ? ({ draft }, standing) => !unchanged(standing, draft) : undefined,
    progress: done => progress({ package: printName(manifest), done, of: items.length }),
  })
}

function putOf(ctx: Context, { tenant, base }: Place, resource: Resource): Put {
  const { resourceType: type, id = '' } = resource
  return put(ctx, { base }, { tenant, type, id }, resource, 'PUT')
}
