/**
 * The library of code systems at the scale of SNOMED CT, made from numbers: loading a release, and what one file of it answers, in
 * process. `node bench/terminology.ts [--quick] [--concepts=360000]`
 */
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { globSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { wordsOf } from '../src/search/values/words.ts'
import { ConceptSet } from '../src/terminology/concept-set.ts'
import { begin } from '../src/terminology/library/build.ts'
import { LibraryFile } from '../src/terminology/library/library-file.ts'
import { suffix } from '../src/terminology/library/manifest.ts'
import { runInThread } from '../src/terminology/load/thread.ts'
import { membershipsOf } from '../src/terminology/value-set/membership.ts'
import { overlay, type Terminology, terminologyOf } from '../src/terminology/value-set/terminology.ts'
import { validate, validationParameters } from '../src/terminology/value-set/validate.ts'
import { noRules } from '../src/terminology/value-set/version-rules.ts'
import { pour, random, type Synthetic, snomedLike } from '../tests/terminology/library/synthetic.ts'
import { middling, texts } from './drive/concepts.ts'
import { writeRf2 } from './drive/rf2.ts'

const quick = process.argv.includes('--quick')
const concepts = Number(option('concepts') ?? (quick ? 3_000 : 360_000))
const rounds = quick ? 1 : 5
const part = option('part')
const path = option('path') ?? ''
/** What is thrown away may not even be computed. */
const kept: { last?: unknown } = {}
const kinds = ['concepts', 'designations', 'edges', 'properties', 'relations', 'members'] as const

if (part === 'load') load()
else if (part === 'pack') await writeRf2(snomedLike({ concepts }), path)
else if (part === 'rf2') await loadRf2()
else if (part === 'answer') answer()
else parts()

/** Each in a process of its own: what it holds in memory is then its own. */
function parts(): void {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
  const run = (name: string, at: string): void => {
    const options = [`--part=${name}`, `--path=${at}`, `--concepts=${concepts}`, ...(quick ? ['--quick'] : [])]
    execFileSync(process.execPath, [import.meta.filename, ...options], { stdio: 'inherit' })
  }
  const archive = join(folder, 'release.zip')
  try {
    run('pack', archive)
    run('rf2', archive)
    run('load', folder)
    run('answer', join(folder, globSync(`*${suffix.data}`, { cwd: folder })[0] ?? ''))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Processor time, of all threads: the machine is seldom ours alone. */
function load(): void {
  const release = snomedLike({ concepts })
  let made = 0
  const making = processor(() => {
    for (const kind of kinds) for (const _ of release[kind]()) made++
  })
  const before = process.memoryUsage.rss()
  const report = ({ text }: { text: string }): never => {
    throw new Error(text)
  }
  const build = begin(path, { facts: release.facts }, { clock: Date.now, random: randomBytes, report })
  const started = performance.now()
  const ours = processor(() => pour(release, build)) - making
  const { result, time } = timed(() => build.finish())
  const elapsed = (performance.now() - started) / 1_000
  const most = process.resourceUsage().maxRSS * 1_024
  const theirs = Math.max(processor(() => plainTables(release)) - making, 0.001) // a small one takes no time at all
  const rate = number(concepts / (ours + time))
  console.log(
    `terminology load, ${number(concepts)} concepts in ${number(made)} rows: ${rate} concepts/s of processor time, ${((ours + time) / theirs).toFixed(1)} × plain inserts (${(ours + time).toFixed(1)} against ${theirs.toFixed(1)} s); ${elapsed.toFixed(1)} s by the clock, with making the rows; at most ${megabytes(most)} MB resident, ${megabytes(before)} before`,
  )
  const texts = textBytes(release)
  console.log(
    `terminology file: ${megabytes(result.bytes)} MB, ${(result.bytes / texts).toFixed(2)} to the texts in it (${megabytes(texts)} MB)`,
  )
}

/** As a distributor packs it, all the way from the archive. */
async function loadRf2(): Promise<void> {
  const started = performance.now()
  const before = process.cpuUsage()
  const watching = { progress: () => {}, signal: new AbortController().signal }
  const end = await runInThread({ folder: join(dirname(path), 'rf2'), paths: [path] }, watching)
  const { user, system } = process.cpuUsage(before)
  if (end.is !== 'done') throw new Error(JSON.stringify(end))
  const [seconds, elapsed] = [(user + system) / 1e6, (performance.now() - started) / 1_000]
  const most = process.resourceUsage().maxRSS * 1_024
  console.log(
    `terminology RF2 archive of ${megabytes(statSync(path).size)} MB: ${number(concepts / elapsed)} concepts/s by the clock (${elapsed.toFixed(1)} s), ${number(concepts / seconds)} of processor time (${seconds.toFixed(1)} s, all threads); at most ${megabytes(most)} MB resident`,
  )
}

function textBytes(release: Synthetic): number {
  let bytes = 0
  for (const { code, display = '' } of release.concepts()) bytes += Buffer.byteLength(code + display)
  for (const { value } of release.designations()) bytes += Buffer.byteLength(value)
  return bytes
}

/** The reference: the same rows, each kind in a table without an index, one transaction. */
function plainTables(release: Synthetic): void {
  const db = new DatabaseSync(join(path, 'plain'))
  db.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; BEGIN')
  const table = (name: string, columns: string) => {
    db.exec(`CREATE TABLE ${name} (${columns})`)
    return db.prepare(`INSERT INTO ${name} VALUES (${columns.replaceAll(/\w+/g, '?')})`)
  }
  const concept = table('concept', 'code, display, inactive')
  for (const row of release.concepts()) concept.run(row.code, row.display ?? null, Number(row.inactive))
  const designation = table('designation', 'code, language, use, value')
  for (const row of release.designations())
    designation.run(row.code, row.language ?? null, row.use?.code ?? null, row.value)
  const edge = table('edge', 'child, parent')
  for (const row of release.edges()) edge.run(row.child, row.parent)
  const property = table('property', 'code, property, value')
  for (const row of release.properties()) property.run(row.code, row.property, JSON.stringify(row.value))
  const relation = table('relation', 'source, groups, type, value')
  for (const { source, group, type, value } of release.relations()) {
    relation.run(source, group, type, typeof value === 'string' ? value : value.code)
  }
  const member = table('member', 'refset, member, fields')
  for (const row of release.members()) member.run(row.refset, row.member, JSON.stringify(row.fields ?? {}))
  db.exec('COMMIT')
  db.close()
}

function answer(): void {
  const opening = performance.now()
  const file = new LibraryFile(path)
  file.display(0)
  console.log(`terminology open: ${(performance.now() - opening).toFixed(1)} ms until the first display`)
  const size = file.size
  const draw = random(7)
  const some = Array.from({ length: 20_000 }, () => Math.floor(draw() * size))
  const codes = some.map(n => file.code(n))
  const large = middling(file)
  const questions = texts(file, random(11), quick ? 50 : 2_000)
  const at = <T>(list: readonly T[], n: number): T => list[n % list.length]!
  const work = {
    find: (n: number) => file.find(at(codes, n)),
    display: (n: number) => file.display(at(some, n)),
    designations: (n: number) => file.designations(at(some, n)),
    isA: (n: number) => file.isA(at(some, n), at(some, n + 1) % 1_000),
  }
  const ours = Object.fromEntries(Object.entries(work).map(([name, turn]) => [name, best(turn)]))
  const searching = each(questions, text => file.search(text, { most: 20 }))
  const within = file.descendants(large.concept)
  const searchingWithin = each(questions, text => file.search(text, { most: 20, within }))
  const descendants = least(() => new LibraryFile(path).descendants(large.concept))
  const resident = process.memoryUsage.rss()

  const all = Array.from({ length: size }, (_, n) => n)
  const inMemory = {
    find: new Map(all.map(n => [file.code(n), n])),
    display: all.map(n => file.display(n)),
    designations: new Map(some.map(n => [n, file.designations(n)])),
    isA: new Map(some.map(n => [n, new Set(file.ancestors(n))])),
  }
  const theirs: Record<string, number> = {
    find: best(n => inMemory.find.get(at(codes, n))),
    display: best(n => inMemory.display[at(some, n)]),
    designations: best(n => inMemory.designations.get(at(some, n))),
    isA: best(n => inMemory.isA.get(at(some, n))?.has(at(some, n + 1) % 1_000)),
  }
  for (const [name, µs = 0] of Object.entries(ours)) {
    const reference = theirs[name] ?? 0
    console.log(
      `terminology ${name}: ${number(1e6 / µs)}/s, ${(µs / reference).toFixed(1)} × objects in memory (${µs.toFixed(2)} against ${reference.toFixed(2)} µs)`,
    )
  }
  const members = [...within]
  const made = least(() => ConceptSet.of(size, members))
  console.log(
    `terminology descendants, ${number(members.length)} of them, and opening the file: ${(descendants / made).toFixed(1)} × making the set of a list (${descendants.toFixed(2)} against ${made.toFixed(2)} ms)`,
  )
  valueSet(file)
  const fts = fullText(file)
  const searched = each(questions, fts)
  const both = (p: number): string => `${percentile(searching, p)} against ${percentile(searched, p)} ms`
  console.log(
    `terminology search, 20 of ${number(size)}: p50 ${both(0.5)}, p99 ${both(0.99)} of FTS5; within ${number(members.length)}: p50 ${percentile(searchingWithin, 0.5)}, p99 ${percentile(searchingWithin, 0.99)} ms`,
  )
  console.log(`terminology memory: ${megabytes(resident)} MB resident after all of this`)
}

/** One that lists its codes, asked in turn for those that it has and for others, as `$validate-code` asks it. */
function valueSet(file: LibraryFile): void {
  const every = Math.max(1, Math.floor(file.size / 50_000))
  const listed = Array.from({ length: Math.floor(file.size / every) }, (_, n) => ({ code: file.code(n * every) }))
  const { url: system } = file.facts
  const url = 'http://example.org/ValueSet/many'
  const set = { resourceType: 'ValueSet', url, compose: { include: [{ system, concept: listed }] } }
  const library: Terminology = { ...terminologyOf([]), codeSystem: found => (found === system ? file : undefined) }
  const terminology = overlay(terminologyOf([set]), library)
  const memberships = membershipsOf(terminology)
  const draw = random(13)
  const codes = Array.from({ length: 20_000 }, () => file.code(Math.floor(draw() * file.size)))
  const ask = (code: string | undefined) => {
    const members = memberships.of(memberships.find({ url }) ?? {}, { rules: noRules, supplements: [] })
    const subject = { as: 'code' as const, coding: { system, ...(code === undefined ? {} : { code }) } }
    return validationParameters(validate({ terminology, rules: noRules, members, languages: [], subject }))
  }
  const first = milliseconds(() => ask(codes[0]))
  const ours = best(n => ask(codes[n % codes.length]))
  const inMemory = new Set(listed.map(({ code }) => code))
  const theirs = best(n => inMemory.has(codes[n % codes.length] ?? ''))
  console.log(
    `terminology validate-code, value set of ${number(listed.length)} codes: ${ours.toFixed(2)} µs (goal ≤ 20), a set of texts in memory ${theirs.toFixed(2)}; the first time ${first.toFixed(0)} ms`,
  )
}

/** The reference: the same terms, the shorter first, in the full-text index of SQLite; beginnings only, concepts may repeat. */
function fullText(file: LibraryFile): (text: string) => unknown {
  const db = new DatabaseSync(`${path}-fts`)
  db.exec(
    "PRAGMA synchronous = OFF; CREATE VIRTUAL TABLE term USING fts5(words, content='', detail=none, prefix='1 2 3')",
  )
  const terms: string[] = []
  for (let n = 0; n < file.size; n++) {
    terms.push(file.display(n) ?? '', ...file.designations(n).map(({ value }) => value))
  }
  terms.sort((a, b) => a.length - b.length)
  const insert = db.prepare('INSERT INTO term (rowid, words) VALUES (?, ?)')
  db.exec('BEGIN')
  for (const [rank, text] of terms.entries()) insert.run(rank, wordsOf(text).join(' '))
  db.exec("COMMIT; INSERT INTO term (term) VALUES ('optimize'); PRAGMA mmap_size = 2000000000")
  const find = db.prepare('SELECT rowid FROM term WHERE term MATCH ? ORDER BY rowid LIMIT 20')
  const query = (text: string): string =>
    wordsOf(text)
      .map(word => `"${word}"*`)
      .join(' ')
  return text => find.all(query(text))
}

/** µs, in the best round: noise of a shared machine only ever adds. */
function best(turn: (n: number) => unknown): number {
  const times = quick ? 500 : 100_000
  const round = (): void => {
    for (let n = 0; n < times; n++) kept.last = turn(n)
  }
  return (1_000 * Math.min(...Array.from({ length: rounds }, () => milliseconds(round)))) / times
}

/** ms, of each the best of three */
function each(questions: readonly string[], ask: (text: string) => unknown): readonly number[] {
  return questions.map(text => Math.min(...[1, 2, 3].map(() => milliseconds(() => ask(text)))))
}

/** ms */
function least(turn: () => unknown): number {
  return Math.min(...Array.from({ length: rounds * 4 }, () => milliseconds(turn)))
}

function milliseconds(work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** s */
function processor(work: () => unknown): number {
  return timed(work).time
}

function timed<T>(work: () => T): { result: T; time: number } {
  const before = process.cpuUsage()
  const result = work()
  const { user, system } = process.cpuUsage(before)
  return { result, time: (user + system) / 1e6 }
}

function percentile(times: readonly number[], part: number): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? Number.NaN).toFixed(2)
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0)
}

function number(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function option(name: string): string | undefined {
  return process.argv.find(argument => argument.startsWith(`--${name}=`))?.slice(name.length + 3)
}
