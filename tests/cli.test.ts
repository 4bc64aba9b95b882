import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'

function kiln(args: readonly string[], settings: Record<string, string> = {}, input = '') {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  return spawnSync(process.execPath, ['src/cli.ts', ...args], {
    encoding: 'utf8',
    input,
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

t.test('validate looks at files without a store, shows the place, and its code tells what it found', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-cli-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const good = file('good.json', '{"resourceType":"Patient","active":true}')
  const bad = file('bad.json', '{\n  "resourceType": "Patient",\n  "active": "yes"\n}')
  const xml = file('good.xml', '<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>')
  const base = 'http://hl7.org/fhir/StructureDefinition/Patient'
  const own = 'https://kiln.example/fhir/StructureDefinition/kiln-patient'
  const store = { KILN_STORE: 'sqlite:/dev/null/store', KILN_NONSENSE: '1' } // neither is looked at
  const runs: [args: string[], input: string, status: number, says: RegExp][] = [
    [[good, xml], '', 0, /good\.json: no problems\n.*good\.xml: no problems/],
    [[good, bad], '', 1, /bad\.json:3:13: error.*\n {2}at Patient\.active\n.*"active": "yes"\n.*\^{5}\n/],
    [['-'], '{"resourceType":"Patient"', 1, /JSON, line 1/],
    [['-'], '<Patient xmlns="http://hl7.org/fhir"/>', 0, /-: no problems/],
    [['-'], '[]', 1, /not a resource/],
    [['-'], '{"resourceType":"Patiant"}', 1, /'Patiant' is unknown/],
    [[good, '--profile', base, '-p', `${base}|4.0.1`], '', 0, /no problems/],
    [[good, '--profile', 'http://nobody'], '', 1, /http:\/\/nobody is not known/],
    [[join(folder, 'none.json'), bad], '', 2, /bad\.json: 1 error/],
    [[folder], '', 2, /^$/],
    [[], '', 2, /^$/],
    [[good, '--best-practice', 'warning'], '', 0, /warning: .*dom-6(.|\n)*good\.json: 1 warning/],
    [[good, '--best-practice', 'error'], '', 1, /error: .*dom-6/],
    [[good, '--best-practice', 'never'], '', 2, /^$/],
    [['-', '-p', own], '{"resourceType":"Patient"}', 1, /Patient\.identifier(?!(.|\n)*Patient\.active)/],
    [['-', '-p', own, '--must-support'], '{"resourceType":"Patient"}', 1, /information: .*\n.*Patient\.active/],
    [[good, '--nonsense'], '', 2, /^$/],
    [['--help'], '', 0, /JSON or XML/],
  ]
  for (const [args, input, status, says] of runs) {
    const run = kiln(['validate', ...args], store, input)
    t.equal(run.status, status, `${args.join(' ')}: ${run.stdout}${run.stderr}`)
    t.match(run.stdout, says)
    t.notMatch(run.stderr, /\n\s+at /)
    if (status === 2) t.not(run.stderr, '')
  }
})
