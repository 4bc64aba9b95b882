/**
 * `npm test [-- FILES]`: tap, and at the end one plain line that counts. Fails if no test ran.
 * `tap build` comes first: in a fresh tree tap's generated test class does not exist yet.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const built = spawnSync('tap', ['build'], { encoding: 'utf8' })
if (built.status !== 0) process.stderr.write(built.stdout + built.stderr)

// A file: tap ends without waiting until a pipe has taken all that it said, and the end would be missing.
mkdirSync('.tap', { recursive: true })
const report = '.tap/report.txt'
// Hundreds of processes load the same modules: compiled and stripped of types once, each of them starts in half the time.
const env = { NODE_COMPILE_CACHE: resolve('node_modules/.cache/kiln'), ...process.env }
const tap = spawn('tap', ['--reporter=terse', ...process.argv.slice(2)], {
  env,
  stdio: ['inherit', openSync(report, 'w'), 'inherit'],
})
let shown = 0
function show(): void {
  const more = readFileSync(report).subarray(shown)
  process.stdout.write(more)
  shown += more.length
}
const showing = setInterval(show, 1_000)
tap.on('close', (code, signal) => {
  clearInterval(showing)
  show()
  const tail = readFileSync(report, 'utf8').slice(-4000)
  const counted = /# \{ total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?(?:, todo: \d+)?(?:, skip: (\d+))?/.exec(tail)
  const [, total = '0', passed = '0', failed = '0', skipped] = counted ?? []
  if (!counted) console.error(`tap ended with ${signal ?? `code ${code}`}, and counted nothing`)
  console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
  process.exitCode = code !== 0 || total === '0' ? 1 : 0
})
