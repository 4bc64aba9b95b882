/**
 * `npm test [-- FILES]`: tap, and at the end one plain line that counts. Fails if no test ran.
 * `tap build` comes first: in a fresh tree tap's generated test class does not exist yet.
 */
import { spawn, spawnSync } from 'node:child_process'

const built = spawnSync('tap', ['build'], { encoding: 'utf8' })
if (built.status !== 0) process.stderr.write(built.stdout + built.stderr)

const tap = spawn('tap', ['--reporter=terse', ...process.argv.slice(2)], { stdio: ['inherit', 'pipe', 'inherit'] })
let tail = ''
tap.stdout.on('data', (chunk: Buffer) => {
  process.stdout.write(chunk)
  tail = (tail + chunk.toString()).slice(-4000)
})
tap.on('close', (code, signal) => {
  const counted = /# \{ total: (\d+)(?:, pass: (\d+))?(?:, fail: (\d+))?(?:, todo: \d+)?(?:, skip: (\d+))?/.exec(tail)
  const [, total = '0', passed = '0', failed = '0', skipped] = counted ?? []
  if (!counted)
    console.error(`tap ended with ${signal ?? `code ${code}`}, and counted nothing; the last it said: ${tail}`)
  console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`)
  process.exit(code !== 0 || total === '0' ? 1 : 0)
})
