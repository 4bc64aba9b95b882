/**
 * `npm test [-- FILES]`: each file in a process of its own, two at a time, and at the end one plain line that counts. Fails if no
 * test ran.
 *
 * tap's own command does the same, but it also watches what every process loads, the servers that tests start too, and maps all
 * that they throw, for a coverage that nobody takes: with that, tests need up to three times the CPU. Here they are plain programs.
 * `tap build` comes first: in a fresh tree tap's generated test class does not exist yet.
 */
import { spawnSync } from 'node:child_process'
import { createWriteStream, globSync, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { inspect } from 'node:util'

const jobs = 2
const patience = 900 // seconds that one file may take

const built = spawnSync('tap', ['build'], { encoding: 'utf8' })
if (built.status !== 0) process.stderr.write(built.stdout + built.stderr)
const { t } = await import('tap')

const named = process.argv.slice(2)
const files = named.length > 0 ? named : globSync('tests/**/*.test.ts').sort()
const { NODE_OPTIONS = '' } = process.env // tap adds to it
const env = {
  // Hundreds of processes load the same modules: compiled and stripped of types once, each of them starts in half the time.
  NODE_COMPILE_CACHE: resolve('node_modules/.cache/kiln'),
  TAP_TIMEOUT: String(patience),
  ...process.env,
}

mkdirSync('.tap', { recursive: true })
t.pipe(createWriteStream('.tap/report.tap'))
t.register()
t.setTimeout(0)
t.jobs = jobs
t.on('subtestEnd', ({ name, time, results, options: { exitCode, signal } }) => {
  const how = results?.ok ? '' : `: failed, and ended with ${signal ?? `code ${exitCode}`}`
  console.log(`${(time / 1_000).toFixed(1).padStart(7)} s  ${name}${how}`)
})
const failed: string[] = []
t.parser.on('fail', ({ fullname, name, diag, tapError }) => {
  failed.push(fullname || name)
  console.log(`\nnot ok: ${failed.at(-1)}\n${tapError ?? ''}${told(diag ?? {})}\n`)
})
t.on('complete', ({ ok }) => {
  const { pass, fail, skip } = t.counts
  for (const name of failed) console.log(`not ok: ${name}`)
  console.log(`\n${pass} passed, ${fail} failed${skip > 0 ? `, ${skip} skipped` : ''}`)
  process.exitCode = ok && pass > 0 ? 0 : 1
})

for (const name of files) {
  const command = [`NODE_OPTIONS=${NODE_OPTIONS}`, process.execPath, name]
  t.spawn('env', command, { name, env, buffered: true, timeout: patience * 1_000, at: null, stack: '' })
}
t.end()

function told(diag: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(diag).map(([key, value]) => {
    const text = typeof value === 'string' ? value : inspect(value, { depth: 8 })
    return `${key}: ${text.includes('\n') ? '\n' : ''}${text}`
  })
  return lines.join('\n').replaceAll(/^/gm, '  ')
}
