/**
 * Loads, one after the other, the releases that wait in the folder of the library. Of several processes one has the lease of an
 * import. If it dies, another begins anew, which is safe: a version appears when it is whole, and a second time in place of itself.
 */
import { error, FhirError, type Issue, toOutcome } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'
import { type Holder, type HolderNeeds, openHolder } from '../../jobs/lease.ts'
import type { Store } from '../../store/port.ts'
import { openCatalog } from '../../terminology/library/catalog.ts'
import { printProgress } from '../../terminology/load/printed-progress.ts'
import { printed } from '../../terminology/load/problems.ts'
import type { End, Progress } from '../../terminology/load/task.ts'
import { runInThread } from '../../terminology/load/thread.ts'
import { ageOf, allSpooled, clearSpool, keepRelease, type Request, releaseAt, spooled, unspool } from './spool.ts'
import { isEnded, type Standing, type Step, saveTask, standingTask, startsOf, stepped } from './task.ts'

export type ImportEvent =
  | { readonly event: 'import.done'; readonly is: Step['status']; readonly ms: number }
  /** It is tried again. */
  | { readonly event: 'import.failed'; readonly error: unknown }

export type Pull = (
  url: string,
  limits: { readonly bytes: number; readonly ms: number },
  take: (chunk: Uint8Array) => Promise<void>,
) => Promise<boolean>

export type ImportNeeds = HolderNeeds & {
  readonly store: Pick<Store, 'read' | 'acquire' | 'renew' | 'release'>
  /** Of the library. */
  readonly folder: string
  readonly context: (tenant: string) => Promise<Context>
  /** As the tenant's clients see it. */
  readonly base: (tenant: string) => string
  /** Through the gateway; false: there is nothing. */
  readonly pull: Pull
  readonly elapsed: () => number
  /** Ends early when the process does. */
  readonly sleep: (ms: number) => Promise<void>
  readonly observe: (event: ImportEvent) => void
  readonly signal: AbortSignal
}

const pause = 500 // ms between two looks at the folder
const beat = 1_000 // ms between two words to the record, each of which is a version
const forgotten = 60_000 // ms in which a record follows what it is about
const most = 3 // starts; what ends the process each time is not begun for ever
const limits = { bytes: 8e9, ms: 3_600_000 } // the largest release of all has 1.5 GB

/** Goes on until the signal; resolves when what was begun is given up. */
export async function keepImporting(needs: ImportNeeds): Promise<void> {
  const { folder, clock, signal, observe, sleep } = needs
  const unlessFailed = async (act: Promise<unknown>): Promise<void> => {
    await act.catch(error => {
      if (!signal.aborted) observe({ event: 'import.failed', error })
    })
  }
  async function round(): Promise<void> {
    for (const id of await allSpooled(folder)) if (!signal.aborted) await unlessFailed(importOne(needs, id))
    await clearSpool(folder, clock())
  }
  while (!signal.aborted) {
    await unlessFailed(round())
    await sleep(pause)
  }
}

/** One import in the hands of this process. */
type Job = ImportNeeds & {
  readonly id: string
  readonly request: Request
  readonly ctx: Context
  readonly holder: Holder
}

async function importOne(needs: ImportNeeds, id: string): Promise<void> {
  const request = await spooled(needs.folder, id)
  if (request === undefined) return
  const holder = openHolder(needs, request.tenant, `import ${id}`)
  if (!(await holder.fence())) return
  try {
    const job = { ...needs, id, request, holder, ctx: await needs.context(request.tenant) }
    const standing = await standingTask(needs.store, request.tenant, id)
    if (standing === undefined || isEnded(standing.task)) await tidy(job, standing)
    else await attempt(job, standing)
  } finally {
    await holder.release()
  }
}

/** A record may be about to be written. One that was deleted wants nothing to be loaded any more. */
async function tidy({ folder, id, clock }: Job, standing: Standing | undefined): Promise<void> {
  if (standing !== undefined || (await ageOf(folder, id, clock())) > forgotten) await unspool(folder, id)
}

async function attempt(job: Job, standing: Standing): Promise<void> {
  const { signal, elapsed, observe } = job
  const begun = elapsed()
  const starts = startsOf(standing.task) + 1
  if (starts > most) {
    const issue = error(
      'incomplete',
      `the server ended or failed ${most} times while it loaded this; it is not tried again`,
    )
    return settle(job, standing, failed([issue], starts))
  }
  const first = await save(job, standing, { status: 'in-progress', progress: 'waiting', starts })
  if (first === undefined) return
  const { end, last } = await work(job, first, starts)
  if (last === undefined) return // somebody else goes on with it, or nobody wants it
  const step = signal.aborted && end.is === 'cancelled' ? waitingAgain(starts) : stepOf(end, starts)
  if (end.is === 'done') choose(job, end)
  await settle(job, last, step)
  observe({ event: 'import.done', is: step.status, ms: elapsed() - begun })
}

/** That this process ends is no fault of the import. */
function waitingAgain(starts: number): Step {
  return { status: 'requested', progress: 'waiting', starts: starts - 1 }
}

/** The load, and beside it the record of how far it is. `last`: as the record stands; `undefined`: it is not ours to write any more. */
async function work(job: Job, first: Standing, starts: number): Promise<{ end: Ended; last: Standing | undefined }> {
  const { elapsed, signal } = job
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  signal.addEventListener('abort', stop)
  const begun = elapsed()
  let told: Progress | undefined
  let isOver = false
  const loading = loaded(job, stopping.signal, progress => {
    told = progress
  }).finally(() => {
    isOver = true
  })
  let last: Standing | undefined = first
  try {
    while (!isOver && last !== undefined && !stopping.signal.aborted) {
      await Promise.race([loading, job.sleep(beat)])
      if (isOver || stopping.signal.aborted) break
      const progress = told ? brief(told, elapsed() - begun) : 'fetching'
      last = await save(job, last, { status: 'in-progress', progress, starts })
    }
  } finally {
    if (last === undefined) stop()
    signal.removeEventListener('abort', stop)
    if (!isOver) stop()
    await loading.catch(() => {}) // nothing is under way when the lease is given back
  }
  return { end: await loading, last }
}

/** Without the name of the system: a header carries it. */
function brief(progress: Progress, begun: number): string {
  return printProgress({ ...progress, system: '', version: '' }, begun).replace(/^: /, '')
}

type Source = { readonly url: string; readonly at: number }

/** The end of a load, or that there was nothing to be loaded. */
type Ended = End | { readonly is: 'unfetched'; readonly issues: readonly Issue[] }

async function loaded(job: Job, signal: AbortSignal, progress: (progress: Progress) => void): Promise<Ended> {
  const { folder, id, request } = job
  const { urls = [], choose: _choose, ...asked } = request
  const paths = request.names.map((_, at) => releaseAt(folder, id, at))
  try {
    for (const [at, url] of urls.entries()) await fetched(job, { url, at }, signal)
  } catch (cause) {
    if (signal.aborted) return { is: 'cancelled', loaded: [] }
    if (cause instanceof FhirError) return { is: 'unfetched', issues: cause.issues }
    throw cause
  }
  return runInThread({ ...asked, folder, paths }, { progress, signal })
}

/** What stands in a url behind its path may be secret, and is not told. */
async function fetched({ folder, id, pull, request }: Job, { url, at }: Source, signal: AbortSignal): Promise<void> {
  const found = await keepRelease(releaseAt(folder, id, at), take =>
    pull(url, limits, async chunk => {
      signal.throwIfAborted()
      await take(chunk)
    }),
  )
  if (!found) throw new FhirError([error('not-found', `there is nothing at the url of '${request.names[at]}'`)])
}

/** `undefined`: the record is not ours to write any more. */
async function save(job: Job, standing: Standing, step: Step): Promise<Standing | undefined> {
  const { ctx, holder, base, clock, request } = job
  const { tenant } = request
  for (let at: Standing | undefined = standing; at !== undefined; ) {
    const fence = await holder.fence()
    if (fence === undefined) return undefined
    const saving = { tenant, base: base(tenant), after: at.version, fence }
    const result = await saveTask(ctx, stepped(at.task, step, clock()), saving)
    if (result === 'lost') return undefined
    if ('saved' in result) return result.saved
    const { instead } = result
    // Who cancelled too late learns that it is done.
    if (instead && isEnded(instead.task) && step.status !== 'completed') return undefined
    at = instead
  }
  return undefined
}

/** The record first: what was sent along goes when its end is known. */
async function settle(job: Job, standing: Standing, step: Step): Promise<void> {
  const saved = await save(job, standing, step)
  if (saved !== undefined && step.status !== 'requested') await unspool(job.folder, job.id)
}

function choose({ folder, clock, request }: Job, { loaded }: Extract<End, { is: 'done' }>): void {
  if (request.choose !== true) return
  const catalog = openCatalog(folder, { clock })
  for (const { system, version } of loaded) catalog.choose(system, version, request.tenant)
  catalog.close()
}

function stepOf(end: Ended, starts: number): Step {
  switch (end.is) {
    case 'done':
      return { status: 'completed', progress: 'loaded', starts, answer: reportOf(end) }
    case 'refused': {
      const more = end.count - end.problems.length
      const issues = end.problems.map(problem => error('processing', printed(problem)))
      return failed(more > 0 ? [...issues, error('processing', `and ${more} more problems`)] : issues, starts)
    }
    case 'failed':
      return failed([error('exception', end.why)], starts)
    case 'unfetched':
      return failed(end.issues, starts)
    case 'cancelled':
      return { status: 'cancelled', progress: 'cancelled', starts }
  }
}

function failed(issues: readonly Issue[], starts: number): Step {
  return { status: 'failed', progress: 'not loaded', starts, answer: toOutcome(issues) }
}

function reportOf({ loaded, left, count }: Extract<End, { is: 'done' }>): Resource {
  const systems = loaded.map(({ system, version, edition, concepts }) => ({
    name: 'loaded',
    part: [
      { name: 'system', valueUri: system },
      ...(version === '' ? [] : [{ name: 'version', valueString: version }]),
      ...(edition === undefined ? [] : [{ name: 'edition', valueUri: edition }]),
      { name: 'concepts', valueInteger: concepts },
    ],
  }))
  const messages = left.map(problem => ({ name: 'message', valueString: printed(problem) }))
  return {
    resourceType: 'Parameters',
    parameter: [...systems, { name: 'leftOut', valueInteger: count }, ...messages],
  }
}
