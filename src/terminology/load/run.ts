/** Files → the library, from beginning to end, in whatever thread this is called. */
import { basename, resolve } from 'node:path'
import { type Needs as BuildNeeds, begin } from '../library/build.ts'
import type { Sink } from '../library/row.ts'
import { codeSystemsIn, type Found } from './code-system-resource.ts'
import type { Release } from './format.ts'
import { load, recognize } from './load.ts'
import { type Opened, openRelease } from './open.ts'
import { type Problem, shown } from './problems.ts'
import type { SourceFile } from './source.ts'
import type { End, Loaded, Progress, Task } from './task.ts'
import { BadArchive } from './zip.ts'

export type Needs = Pick<BuildNeeds, 'clock' | 'random'> & {
  readonly tell: (progress: Progress) => void
  /** Asked often. */
  readonly isCancelled: () => boolean
}

class Cancelled extends Error {
  override readonly name = 'Cancelled'
}

class Refused extends Error {
  override readonly name = 'Refused'
  readonly problems: readonly Problem[]
  readonly count: number

  constructor(problems: readonly Problem[], count = problems.length) {
    super('the files are wrong')
    this.problems = problems
    this.count = count
  }
}

/** Each code system is in the library whole, or not at all. */
export async function runTask(task: Task, needs: Needs): Promise<End> {
  const loaded: Loaded[] = []
  const left = openLeft()
  try {
    const { files, close } = await openAll(task)
    try {
      const { releases, left: passed } = await releasesIn(files, task)
      for (const problem of passed) left.add(problem)
      for (const release of releases) loaded.push(await loadOne(release, task, needs, left))
    } finally {
      await close()
    }
    return { is: 'done', loaded, left: left.first, count: left.count() }
  } catch (error) {
    return endOf(error, loaded)
  }
}

function endOf(error: unknown, loaded: readonly Loaded[]): End {
  if (error instanceof Cancelled) return { is: 'cancelled', loaded }
  if (error instanceof Refused) return { is: 'refused', loaded, problems: error.problems, count: error.count }
  if (error instanceof BadArchive) {
    return { is: 'refused', loaded, problems: [{ file: error.file, text: error.message }], count: 1 }
  }
  // Of the system, such as ENOENT and ENOSPC, or of SQLite on a full disk.
  if (error instanceof Error && ('syscall' in error || 'errcode' in error)) {
    return { is: 'failed', loaded, why: error.message }
  }
  throw error
}

async function openAll({ paths, names }: Task): Promise<Opened> {
  const all: Opened[] = []
  const close = async (): Promise<void> => {
    for (const one of all) await one.close()
  }
  try {
    for (const [at, path] of paths.entries()) all.push(await openRelease(path, names?.[at]))
    return { files: all.flatMap(({ files }) => files), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function releasesIn(files: readonly SourceFile[], { system, version }: Task): Promise<Found> {
  const wanted = { ...(system === undefined ? {} : { system }), ...(version === undefined ? {} : { version }) }
  const release = await recognize(files, wanted)
  const { releases, left } = release ? { releases: [release], left: [] } : ((await codeSystemsIn(files)) ?? nothing)
  const ours = system === undefined ? releases : releases.filter(({ facts }) => facts.url === system)
  if (releases.length === 0) throw new Refused(left.length > 0 ? left : [strange(files, system)])
  if (ours.length === 0) {
    const found = releases.slice(0, 5).map(({ facts }) => shown(facts.url))
    throw new Refused([{ file: nameOf(files), text: `the files are of ${found.join(', ')}; expected '${system}'` }])
  }
  if (version !== undefined && ours.length > 1) {
    const text = `the files hold ${ours.length} code systems, which cannot all be of version '${version}'; name the system, too`
    throw new Refused([{ file: nameOf(files), text }])
  }
  return { releases: ours, left }
}

const nothing: Found = { releases: [], left: [] }

function strange(files: readonly SourceFile[], system: string | undefined): Problem {
  const known = 'RF2, LOINC, ICD-10-CM, ClaML, RxNorm, HCPCS, CVX, NDC, CodeSystem resources (JSON)'
  const plain = system === undefined ? ', or CSV with the system named' : ', or one file of CSV'
  const names = files.slice(0, 5).map(({ path }) => shown(path))
  const found = names.length === 0 ? 'no files' : `${names.join(', ')}${files.length > 5 ? ' …' : ''}`
  const hint = hints.find(([pattern]) => files.some(({ path }) => pattern.test(path)))?.[1] ?? ''
  return { file: nameOf(files), text: `expected a release of ${known}${plain}; found ${found}${hint}` }
}

/** What may be done about files of the wrong form. */
const hints: readonly (readonly [name: RegExp, hint: string])[] = [
  [/\.(tgz|tar\.gz)$/i, "; FHIR packages are installed by 'kiln package install'"],
  [/.\/.*\.zip$/i, '; archives within an archive or folder are loaded one by one'],
  [/\.(gz|tar|7z|rar|bz2|xz)$/i, '; unpack it first, or pack it as ZIP'],
  [/\.xlsx?(\/|$)/i, '; a workbook is to be saved as CSV first'],
]

function nameOf(files: readonly SourceFile[]): string {
  return files.length === 1 ? basename(files[0]?.path ?? '') : 'release'
}

type Left = { readonly first: readonly Problem[]; add(problem: Problem): void; count(): number }

const most = 100 // are told; whoever mends these runs it again

function openLeft(): Left {
  const first: Problem[] = []
  let count = 0
  return {
    first,
    add(problem) {
      if (count++ < most) first.push(problem)
    },
    count: () => count,
  }
}

async function loadOne(release: Release, task: Task, needs: Needs, left: Left): Promise<Loaded> {
  const { facts, source } = described(release, task)
  const { url: system, version = '' } = facts
  const edition = task.edition ?? release.edition
  const counts = { bytes: 0, rows: 0, concepts: 0 }
  const wrong = task.lenient ? left : openLeft()
  const tell = (step: Progress['step']): void => {
    if (needs.isCancelled()) throw new Cancelled()
    needs.tell({ system, version, step, bytes: counts.bytes, of: release.bytes, rows: counts.rows })
  }
  const mustBeRight = (): void => {
    if (!task.lenient && wrong.count() > 0) throw new Refused(wrong.first, wrong.count())
  }
  const { tenant } = task
  const it = {
    facts,
    source,
    ...(edition === undefined ? {} : { edition }),
    ...(tenant === undefined ? {} : { tenant }),
  }
  const build = begin(task.folder, it, {
    ...{ clock: needs.clock, random: needs.random },
    report: ({ text, file = source, line }) => wrong.add({ file, text, ...(line === undefined ? {} : { line }) }),
    progress: step => {
      mustBeRight() // all rows are known to each other before the first of them is written
      tell(step)
    },
  })
  tell('reading')
  const problems = await load(release, counting(build, counts), bytes => {
    counts.bytes += bytes
    tell('reading')
  })
  if (problems.length > 0) throw new Refused(problems)
  if (counts.concepts === 0) throw new Refused([{ file: source, text: `there is no concept of ${system} in it` }])
  build.finish()
  return { system, version, ...(edition === undefined ? {} : { edition }), concepts: counts.concepts }
}

/** What is said of it beside its files. */
function described({ facts }: Release, { version, language, paths, names }: Task) {
  return {
    facts: { ...facts, ...(version === undefined ? {} : { version }), ...(language === undefined ? {} : { language }) },
    source: (names ?? paths.map(path => basename(resolve(path)))).join(', '),
  }
}

function counting(sink: Sink, counts: { rows: number; concepts: number }): Sink {
  const counted = <Row>(rows: Iterable<Row>): readonly Row[] => {
    const list = Array.isArray(rows) ? rows : [...rows]
    counts.rows += list.length
    return list
  }
  return {
    concepts: (rows, file) => {
      const list = counted(rows)
      counts.concepts += list.length
      sink.concepts(list, file)
    },
    designations: (rows, file) => sink.designations(counted(rows), file),
    properties: (rows, file) => sink.properties(counted(rows), file),
    edges: (rows, file) => sink.edges(counted(rows), file),
    relations: (rows, file) => sink.relations(counted(rows), file),
    members: (rows, file) => sink.members(counted(rows), file),
  }
}
