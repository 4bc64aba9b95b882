/** `kiln terminology load`, stopped by signals and killed. */
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openCatalog } from '../../src/terminology/library/catalog.ts'
import { place } from '../../src/terminology/library/placing.ts'
import { facts } from '../terminology/library/shelf-folder.ts'
import { random } from '../terminology/library/synthetic.ts'

t.setTimeout(240_000) // more than twenty processes on a machine that may have much else to do

const system = 'http://example.org/wards'

function environment(folder: string): Record<string, string> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  const ours = { KILN_TERMINOLOGY: join(folder, 'library'), KILN_STORE: 'mongodb://nobody/x' }
  return { ...(Object.fromEntries(others) as Record<string, string>), ...ours }
}

const command = ['src/cli.ts', 'terminology']

function site(t: Test) {
  const folder = t.testdir({ files: {} })
  const env = environment(folder)
  return {
    library: join(folder, 'library'),
    env,
    file(name: string, content: string): string {
      writeFileSync(join(folder, 'files', name), content)
      return join(folder, 'files', name)
    },
    kiln: (args: readonly string[]) => spawnSync(process.execPath, [...command, ...args], { encoding: 'utf8', env }),
  }
}

/** Every display says of which release it is. */
function release(number: number, concepts: number): string {
  const rows = Array.from({ length: concepts }, (_, n) => `${n},release ${number},${n === 0 ? '' : (n - 1) >> 1}\n`)
  return `code,display,parent\n${rows.join('')}`
}

/** The one release that answers. */
function answering(t: Test, library: string, concepts: number): string | undefined {
  const catalog = openCatalog(library, { clock: Date.now })
  const file = catalog.find('default', system)
  const displays = new Set(Array.from({ length: concepts }, (_, n) => file?.display(n)))
  t.equal(displays.size, 1, 'never a mixed answer')
  t.equal(file?.descendants(0).count, concepts - 1)
  catalog.close()
  return [...displays][0]
}

t.test('a signal stops it, with nothing left behind', async t => {
  const { library, file, env, kiln } = site(t)
  kiln(['load', file('small.csv', release(0, 50)), '--system', system])
  const before = readdirSync(library)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const args = [...command, 'load', file('large.csv', release(1, 60_000)), '--system', system]
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    await once(child.stderr, 'data')
    child.kill(signal)
    const [code] = await once(child, 'exit')
    t.equal(code, 130)
    t.same(readdirSync(library), before)
  }
  t.equal(answering(t, library, 50), 'release 0')
})

t.test('killed at any moment, the version before answers or the new one', async t => {
  const { library, file, env, kiln } = site(t)
  const concepts = 8_000
  const files = Array.from({ length: 3 }, (_, n) => file(`release-${n}.csv`, release(n, concepts)))
  const load = (n: number) => ['load', files[n] ?? '', '--system', system, '--version', '1']
  const start = (n: number) =>
    spawn(process.execPath, [...command, ...load(n)], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  const first = start(0)
  const ended = once(first, 'exit')
  await once(first.stderr, 'data') // its first row
  const begun = performance.now()
  t.same(await ended, [0, null])
  const rest = performance.now() - begun
  const draw = random(20_261_122)
  let current = 0
  let [killed, finished] = [0, 0]
  for (let kill = 0; kill < 20; kill++) {
    const next = (current + 1) % files.length
    const child = start(next)
    const exit = once(child, 'exit')
    await once(child.stderr, 'data')
    await Promise.race([exit, sleep(draw() * rest)])
    child.kill('SIGKILL')
    const [code] = await exit
    const answer = answering(t, library, concepts)
    t.ok(answer === `release ${next}` || (code !== 0 && answer === `release ${current}`), `${code}: ${answer}`)
    if (code === 0) finished++
    else killed++
    if (answer === `release ${next}`) current = next
  }
  t.ok(killed > 2, `${killed} were killed, ${finished} came through`)
  t.equal(kiln(load(current)).status, 0, 'what was killed is begun again')
  const later = { clock: () => Date.now() + 660_000, random: randomBytes }
  place(library, { facts: { ...facts, version: 'later' } }, later, path => writeFileSync(path, 'x'))
  t.equal(
    readdirSync(library).length,
    4,
    'of what was left behind the next load clears away all: two files and manifests',
  )
})
