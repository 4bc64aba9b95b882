import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'

t.setTimeout(240_000) // many processes on a machine that may have much else to do

const system = 'http://example.org/wards'

function environment(folder: string): Record<string, string> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  const ours = { KILN_TERMINOLOGY: join(folder, 'library'), KILN_TENANTS: 'north', KILN_STORE: 'mongodb://nobody/x' }
  return { ...(Object.fromEntries(others) as Record<string, string>), ...ours }
}

const command = ['src/cli.ts', 'terminology']

function site(t: Test) {
  const folder = t.testdir({ files: {} })
  const env = environment(folder)
  return {
    file(name: string, content: string): string {
      writeFileSync(join(folder, 'files', name), content)
      return join(folder, 'files', name)
    },
    kiln(args: readonly string[], settings: Record<string, string> = {}) {
      return spawnSync(process.execPath, [...command, ...args], { encoding: 'utf8', env: { ...env, ...settings } })
    },
  }
}

const wards = 'code,display,parent\na,Ward A,\nb,Ward B,a\n'

t.test('releases are loaded, listed, chosen and removed', async t => {
  const { file, kiln } = site(t)
  const csv = file('wards.csv', wards)
  const first = kiln(['load', csv, '--system', system, '--version', '3'])
  t.equal(first.status, 0)
  t.equal(first.stdout, `${system}|3 is loaded: 2 concepts\n`)
  t.match(first.stderr, /\|3: 0 %.*\n(.|\n)*verified, 3 rows\n$/, 'plain lines where no terminal is')
  kiln(['load', csv, '--system', system, '--version', '12'])
  const marks = () => kiln(['list']).stdout.match(/^[* ] \S+/gm)
  t.same(marks(), [`* ${system}|12`, `  ${system}|3`])

  t.equal(kiln(['choose', system, '3']).stdout, `${system}: version 3 answers who names none\n`)
  t.same(marks(), [`  ${system}|12`, `* ${system}|3`])
  kiln(['choose', system])
  t.same(marks(), [`* ${system}|12`, `  ${system}|3`])
  kiln(['load', csv, '--system', system, '--version', '4', '--choose'])
  t.same(marks(), [`  ${system}|12`, `* ${system}|4`, `  ${system}|3`])

  t.equal(kiln(['remove', system, '4']).stdout, `${system}|4 is removed\n`)
  t.same(marks(), [`* ${system}|12`, `  ${system}|3`])
})

t.test('several files are several releases; each is told', async t => {
  const { file, kiln } = site(t)
  const colours = {
    resourceType: 'CodeSystem',
    url: 'http://example.org/colours',
    status: 'active',
    content: 'complete',
  }
  const good = file('colours.json', JSON.stringify({ ...colours, concept: [{ code: 'red' }] }))
  const both = kiln(['load', file('bad.json', '{"resourceType":\n'), good])
  t.equal(both.status, 2)
  t.match(both.stdout, 'http://example.org/colours is loaded: 1 concepts\n')
  t.match(both.stderr, /bad\.json line 2: the file ends before the JSON does: it is cut off\n.*bad\.json: not loaded/)
})

t.test('a tenant has code systems that nobody else sees', async t => {
  const { file, kiln } = site(t)
  const csv = file('wards.csv', wards)
  t.equal(kiln(['load', csv, '--system', system, '--tenant', 'north']).status, 0)
  t.equal(kiln(['list']).stdout, '')
  t.match(kiln(['list', '--tenant', 'north']).stdout, /^\* http:\/\/example\.org\/wards\t.*\tnorth\n$/)
  t.equal(kiln(['remove', system, '']).status, 1)
  t.equal(kiln(['remove', system, '', '--tenant', 'north']).status, 0)
  t.equal(kiln(['list', '--tenant', 'north']).stdout, '')
})

t.test('what cannot be done is said in a sentence, and the code tells of what kind it is', async t => {
  const { file, kiln } = site(t)
  const csv = file('wards.csv', wards)
  const short = file('short.csv', 'code,display\na,A\nb\n')
  const lost = file('lost.csv', 'code,parent\na,zz\n')
  const cases: [args: readonly string[], status: number, says: RegExp][] = [
    [['load', short, '--system', system], 2, /short\.csv line 3: expected 2 comma-separated columns, found 1/],
    [['load', lost, '--system', system], 2, /lost\.csv line 2: parent 'zz' is not among the concepts/],
    [['load', lost, '--system', system, '--lenient'], 0, /1 rows or resources were left out/],
    [['load', csv], 2, /or CSV with the system named; found 'wards\.csv'/],
    [['load', '/no/where.zip'], 1, /not loaded: ENOENT/],
    [['load'], 1, /missing required argument 'file'/],
    [['load', csv, '--nonsense'], 1, /unknown option '--nonsense'/],
    [['choose', 'http://nobody', '1'], 1, /http:\/\/nobody\|1 is not in the library: nothing of http:\/\/nobody/],
    [['choose', system, '7'], 1, /there are ''/],
    [['remove', system, '7'], 1, /http:\/\/example\.org\/wards\|7 is not in the library/],
    [['load', '--help'], 0, /^$/],
  ]
  for (const [args, status, says] of cases) {
    const run = kiln(args)
    t.equal(run.status, status, `${args.join(' ')}: ${run.stderr}`)
    t.match(run.stderr, says)
    t.notMatch(run.stderr, /\n\s+at /)
  }
  const nowhere = kiln(['list'], { KILN_TERMINOLOGY: '' })
  t.equal(nowhere.status, 1)
  t.match(nowhere.stderr, /expected the setting KILN_TERMINOLOGY/)
  t.match(kiln(['list'], { KILN_TERMINOLOGY: csv }).stderr, /ENOTDIR/)
})
