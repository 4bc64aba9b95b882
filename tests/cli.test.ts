import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

function kiln(args: readonly string[], settings: Record<string, string> = {}) {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  return spawnSync(process.execPath, ['src/cli.ts', ...args], {
    encoding: 'utf8',
    env: { ...Object.fromEntries(environment), ...settings },
  })
}

t.test('check looks at settings and store and says where it lies', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const good = kiln(['check'], { KILN_STORE: `sqlite:${folder}` })
  t.equal(good.status, 0)
  t.match(good.stdout, folder)
})

t.test('what check finds wrong is said without a stack, and the code is 1', async t => {
  for (const settings of [{ KILN_PROT: '1' }, { KILN_STORE: 'sqlite:/dev/null/store' }]) {
    const bad = kiln(['check'], settings)
    t.equal(bad.status, 1)
    t.match(bad.stderr, /KILN_PROT is not a setting|cannot be opened/)
    t.notMatch(bad.stderr, /\n\s+at /)
  }
})

t.test('help lists the commands, and an unknown one is refused', async t => {
  const help = kiln(['--help'])
  t.equal(help.status, 0)
  t.match(help.stdout, /serve(.|\n)*check/)
  t.equal(kiln(['fly']).status, 1)
  t.match(kiln(['--version']).stdout, /^\d+\.\d+\.\d+\n$/)
})
