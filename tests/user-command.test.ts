import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t, { type Test } from 'tap'

function kiln(
  folder: string,
  args: readonly string[],
  input = '',
  settings: Record<string, string> = {},
): SpawnSyncReturns<string> {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  const own = { KILN_STORE: `sqlite:${join(folder, 'store')}`, KILN_SYNCHRONOUS: 'NORMAL', ...settings }
  const env = { ...Object.fromEntries(others), ...own }
  return spawnSync(process.execPath, ['src/cli.ts', 'user', ...args], { encoding: 'utf8', env, input })
}

function site(t: Test): string {
  return t.testdir({ store: {} })
}

t.setTimeout(240_000)

t.test('accounts are added, listed, changed and locked', async t => {
  const folder = site(t)
  const added = kiln(folder, ['add', 'Dr.Wong', '--name', 'Dr Wong', '--role', 'physician', '--link', 'Practitioner/1'])
  t.equal(added.stderr, '')
  t.match(added.stdout, /^dr\.wong is added, with this password:\n(?:[a-z2-9]{5}-){3}[a-z2-9]{5}\n$/)
  t.equal(kiln(folder, ['add', 'ann', '--password-stdin'], 'seven quiet herons\n').stdout, 'ann is added\n')
  t.equal(kiln(folder, ['lock', 'ann']).stdout, 'ann is locked\n')
  t.equal(kiln(folder, ['roles', 'ann', 'nurse', 'auditor']).stdout, 'ann has the roles nurse, auditor\n')
  t.equal(
    kiln(folder, ['list']).stdout,
    'ann · ann · nurse auditor · no link · no second factor · locked\n' +
      'dr.wong · Dr Wong · physician · Practitioner/1 · no second factor\n',
  )
  t.equal(kiln(folder, ['unlock', 'ann']).stdout, 'ann may sign in\n')
  t.equal(kiln(folder, ['roles', 'ann']).stdout, 'ann has no roles\n')
  t.equal(kiln(folder, ['reset-mfa', 'ann']).stdout, 'ann has no second factor\n')
  t.match(kiln(folder, ['set-password', 'ann']).stdout, /^ann has a new password:\n\S{23}\n$/)
  t.equal(
    kiln(folder, ['set-password', 'ann', '--password-stdin'], 'nine loud herons').stdout,
    'ann has a new password\n',
  )
})

t.test('who signs in elsewhere is linked to one account, and unlinked', async t => {
  const folder = site(t)
  for (const name of ['ann', 'ben']) kiln(folder, ['add', name])
  const issuer = ['--issuer', 'https://login.example.org']
  t.equal(kiln(folder, ['link', 'ann', '7', ...issuer]).stdout, 'ann may sign in at https://login.example.org\n')
  t.match(kiln(folder, ['link', 'ben', '7', ...issuer]).stderr, /^'7' of https:\S+ is linked to another account/)
  t.equal(kiln(folder, ['unlink', '7', ...issuer]).stdout, 'ann may not sign in there any more\n')
  t.match(kiln(folder, ['unlink', '7', ...issuer]).stderr, /^'7' of https:\S+ is linked to no account/)
})

t.test('what cannot be done is said in a sentence, with code 1', async t => {
  const folder = site(t)
  kiln(folder, ['add', 'ann'])
  const cases: [args: readonly string[], message: RegExp, input?: string][] = [
    [['add', 'ann'], /^there is an account 'ann' already$/m],
    [['add', 'a b'], /^'a b' is no login/],
    [['add', 'ben', '--link', 'Observation/1'], /^'Observation\/1' is no link/],
    [['add', 'ben', '--email', 'nonsense'], /^'nonsense' is no e-mail address/],
    [['add', 'ben', '--password-stdin'], /has 5 characters: expected at least 12/, 'short\n'],
    [['lock', 'nobody'], /^there is no account 'nobody'/],
    [['set-password', 'nobody'], /^there is no account 'nobody'/],
    [['roles', 'ann', 'Chief'], /^'Chief' is no role/],
    [['link', 'ann', 'x'], /^expected --issuer, or KILN_OIDC_ISSUER/],
    [['link', 'nobody', 'x', '--issuer', 'https://login.example.org'], /^there is no account 'nobody'/],
    [['list', '--tenant', 'nowhere'], /^'nowhere' is no tenant/],
  ]
  for (const [args, message, input] of cases) {
    const { status, stderr, stdout } = kiln(folder, args, input)
    t.equal(status, 1, args.join(' '))
    t.match(stderr, message)
    t.equal(stdout, '')
    t.notMatch(stderr, /\n\s+at /)
  }
})

t.test('each tenant has its own', async t => {
  const folder = site(t)
  const settings = { KILN_TENANTS: 'north' }
  kiln(folder, ['add', 'ann', '--tenant', 'north'], '', settings)
  t.match(kiln(folder, ['list', '--tenant', 'north'], '', settings).stdout, /^ann /)
  t.equal(kiln(folder, ['list'], '', settings).stdout, '')
})
