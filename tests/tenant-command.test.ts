import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { openKiln } from './http/kiln.ts'

t.setTimeout(280_000)

async function site(t: Test) {
  const library = t.testdir()
  const kiln = await openKiln(t, { KILN_TERMINOLOGY: library, KILN_TENANTS: 'fixed' })
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  const own = { KILN_STORE: kiln.place, KILN_SYNCHRONOUS: 'NORMAL', KILN_TERMINOLOGY: library, KILN_TENANTS: 'fixed' }
  const env = { ...Object.fromEntries(others), ...own }
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['src/cli.ts', ...args], { encoding: 'utf8', env })
    return { status, said: stdout.trim(), wrong: stderr.trim() }
  }
  const ask = async (tenant: string, method = 'GET', path = 'Patient', body?: object): Promise<Response> => {
    const headers = { 'content-type': 'application/fhir+json' }
    const sent = body === undefined ? {} : { body: JSON.stringify(body) }
    return fetch(`${kiln.origin}/t/${tenant}/fhir/${path}`, { method, headers, ...sent })
  }
  const add = (tenant: string) => ask(tenant, 'POST', 'Patient', { resourceType: 'Patient' })
  return { ...kiln, library, tenant: (...args: string[]) => run('tenant', ...args), run, ask, add }
}

t.test('tenants come and go beside a running server', async t => {
  const { tenant, ask, add, run } = await site(t)
  t.same(tenant('list'), {
    status: 0,
    said: 'default · 0 resources · 0 bytes · no quota\nfixed · 0 resources · 0 bytes · no quota',
    wrong: '',
  })
  t.equal((await ask('north')).status, 404)
  t.equal(
    tenant('add', 'north', '--max-resources', '2', '--rate', '1000:1000').said,
    'north is served at /t/north/fhir',
  )
  await sleep(550)
  t.same([(await add('north')).status, (await add('north')).status, (await add('north')).status], [201, 201, 507])
  t.match(
    tenant('list').said,
    /^north · 2 resources · \d{3} bytes · at most 2 resources, at most 1000:1000 requests a second$/m,
  )
  t.equal(tenant('set', 'north', '--max-resources', '3', '--rate', 'none').said, 'north: at most 3 resources')
  t.equal(tenant('set', 'fixed', '--max-bytes', '0').said, 'fixed: at most 0 bytes')
  await sleep(550)
  t.same([(await add('north')).status, (await add('north')).status], [201, 507])
  t.equal((await add('fixed')).status, 507, 'those of the settings have quotas, too')
  t.equal(run('user', 'add', 'ann', '--tenant', 'north').status, 0)
  t.equal(tenant('lock', 'north').said, 'north is locked: whoever asks finds nothing there')
  t.equal(tenant('lock', 'fixed').status, 0)
  await sleep(550)
  t.same([(await ask('north')).status, (await ask('fixed')).status], [404, 404])
  t.match(run('user', 'list', '--tenant', 'north').wrong, /^'north' is no tenant that is in force/)
  t.match(tenant('list').said, /^north · 3 resources .* · locked since 2\d{3}-/m)
  t.equal(tenant('unlock', 'north').said, 'north is served at /t/north/fhir')
  await sleep(550)
  t.equal((await ask('north')).status, 200)
  t.match(run('user', 'list', '--tenant', 'north').said, /^ann /)
})

t.test('what is erased is gone with all that lies beside the store, and the name is not given again', async t => {
  const { tenant, ask, add, run, library, store } = await site(t)
  const wards = join(library, 'wards.csv')
  writeFileSync(wards, 'code,display\na,A\n')
  tenant('add', 'north')
  await sleep(550)
  await add('north')
  await add('fixed')
  for (const name of ['north', 'fixed']) {
    t.equal(run('terminology', 'load', wards, '--system', 'http://x.test/wards', '--tenant', name).status, 0)
  }
  t.ok(existsSync(join(library, 'tenants', 'north')))
  t.match(tenant('erase', 'north'), {
    status: 1,
    wrong: /^this deletes all that 'north' has, for ever: expected --yes$/,
  })
  t.equal((await ask('north')).status, 200)
  t.match(tenant('erase', 'north', '--yes'), { status: 0, said: 'north is erased' })
  t.equal((await ask('north')).status, 404)
  t.same(await store.types('north'), [])
  t.notOk(existsSync(join(library, 'tenants', 'north')))
  t.ok(existsSync(join(library, 'tenants', 'fixed')))
  t.equal(((await (await ask('fixed')).json()) as { entry: unknown[] }).entry.length, 1)
  t.match(tenant('list').said, /^north · erased since /m)
  t.match(tenant('add', 'north').wrong, /^'north' was erased on .*, and no name is given twice/)
  t.match(tenant('unlock', 'north').wrong, /^there is no tenant 'north'$/)
})

t.test('what cannot be done is said in a sentence, with code 1', async t => {
  const { tenant, run } = await site(t)
  const cases: [args: readonly string[], message: RegExp][] = [
    [['add', 'default'], /^'default' is no name of a tenant: expected a-z/],
    [['add', 'North'], /^'North' is no name of a tenant/],
    [['add', 'fixed'], /^'fixed' is a tenant already, by KILN_TENANTS$/],
    [['add', 'a', '--max-resources', '-1'], /argument missing|is no limit/],
    [['add', 'a', '--max-bytes', '1e9'], /^'1e9' is no limit: expected a number, or none$/],
    [['add', 'a', '--rate', '5'], /^'5' is no rate: expected requests a second and at once, like 100:500$/],
    [['set', 'nobody', '--max-bytes', '1'], /^there is no tenant 'nobody'$/],
    [['lock', 'nobody'], /^there is no tenant 'nobody'$/],
    [['lock', 'default'], /^'default' is the server's own tenant, which cannot be taken away$/],
    [['erase', 'default', '--yes'], /^'default' is the server's own tenant/],
    [['erase', 'nobody', '--yes'], /^there is no tenant 'nobody'$/],
    [['erase', '*', '--yes'], /^there is no tenant '\*'$/],
  ]
  for (const [args, message] of cases) {
    const { status, said, wrong } = tenant(...args)
    t.equal(status, 1, args.join(' '))
    t.match(wrong, message)
    t.equal(said, '')
    t.notMatch(wrong, /\n\s+at /)
  }
  t.match(run('terminology', 'list', '--tenant', 'nobody').wrong, /^'nobody' is no tenant that is in force/)
})
