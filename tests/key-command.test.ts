import { type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { draft } from '../src/fhir/stamp.ts'
import { namesIn } from '../src/security/encryption/key-file.ts'
import { ringKind } from '../src/security/encryption/ring.ts'
import { openSqlite } from '../src/store/sqlite/open.ts'
import { sealed } from './security/encryption/sealed.ts'

type Settings = Readonly<Record<string, string>>

const tenant = 'default'

/** `key seal` waits until the longest search is over. */
const brief = { KILN_SEARCH_BUDGET: '500' }

function environment(settings: Settings): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  return { ...Object.fromEntries(others), KILN_SYNCHRONOUS: 'NORMAL', KILN_LOG_LEVEL: 'silent', ...brief, ...settings }
}

function kiln(args: readonly string[], settings: Settings = {}): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, ['src/cli.ts', ...args], { encoding: 'utf8', env: environment(settings) })
}

function site(t: Test): Settings & { readonly KILN_KEY_FILE: string; readonly path: string } {
  const folder = t.testdir({ store: {} })
  const path = join(folder, 'store')
  const file = join(folder, 'keys')
  return { KILN_STORE: `sqlite:${path}`, KILN_ENCRYPTION: 'Patient', KILN_KEY_FILE: file, path }
}

async function open({ path, KILN_KEY_FILE: file }: ReturnType<typeof site>) {
  const below = await openSqlite({
    clock: Date.now,
    random: randomBytes,
    observe: () => {},
    path,
    synchronous: 'NORMAL',
  })
  return sealed(below, file, ['Patient'])
}

async function fill(at: ReturnType<typeof site>, count: number): Promise<void> {
  const { store } = await open(at)
  const writes = Array.from({ length: count }, (_, index) => {
    const id = `p${index}`
    const text = draft({ resourceType: 'Patient', id, language: `l${index}` }, id)
    return { do: 'put', method: 'PUT', key: { tenant, type: 'Patient', id }, draft: text } as const
  })
  for (let at = 0; at < count; at += 50) await store.commit({ tenant, writes: writes.slice(at, at + 50) })
  await store.close()
}

t.setTimeout(300_000)

t.test('keys are made, listed, rotated and dropped', async t => {
  const at = site(t)
  const { path: _, ...settings } = at
  const file = at.KILN_KEY_FILE
  const made = kiln(['key', 'new', file])
  t.match(made.stdout, /holds the master key 1-[0-9a-f]{8}\n$/)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(kiln(['check'], settings).stdout, /settings are right/)
  await fill(at, 3)
  const [old = ''] = namesIn(file)
  t.match(kiln(['key', 'rotate'], settings).stdout, /^The master key is 2-[0-9a-f]{8}; 4 data keys were wrapped anew/)
  t.match(kiln(['key', 'list'], settings).stdout, /^1-[0-9a-f]{8}\n2-[0-9a-f]{8} \*\n$/)
  t.equal(kiln(['key', 'rewrap'], settings).stdout, '0 data keys were wrapped anew.\n')
  t.match(
    kiln(['key', 'rotate', '--data'], settings).stdout,
    /^3 data keys were made\.\ndefault: 3 texts were sealed anew\.\n$/,
  )
  t.equal(kiln(['key', 'drop', old], settings).stdout, `${old} is gone.\n`)
  t.equal(kiln(['key', 'reseal'], settings).stdout, 'default: 0 texts were sealed anew.\n')
  t.equal(kiln(['key', 'drop', '--data'], settings).stdout, 'default: older data keys of 3 rings are gone.\n')
  const erased = kiln(['patient', 'erase', 'p1', '--yes'], { ...settings, KILN_LOG_LEVEL: 'info' })
  t.match(erased.stdout, /^Patient\/p1 is erased: the key is destroyed, and 1 resources are deleted\.\nCopies/)
  t.match(erased.stderr, /"msg":"encryption\.erased"/, 'and the log tells of it')
  const { store } = await open(at)
  t.match((await store.read({ tenant, type: 'Patient', id: 'p2' }))?.json, /"l2"/)
  t.equal((await store.vread({ tenant, type: 'Patient', id: 'p1' }, 1))?.json, undefined)
  await store.close()
})

t.test('what cannot be done is said in a sentence, with code 1', async t => {
  const { path: _, ...settings } = site(t)
  const file = settings.KILN_KEY_FILE ?? ''
  const cases: [args: readonly string[], settings: Settings, message: RegExp][] = [
    [['key', 'list'], {}, /^KILN_KEY_FILE is not set/],
    [['serve'], settings, /^Kiln cannot start: there is no key file .*: 'kiln key new .*' makes one$/m],
    [['check'], { ...settings, KILN_ENCRYPTION: 'Patiant' }, /KILN_ENCRYPTION names 'Patiant'/],
    [['check'], { ...settings, KILN_KEY_FILE: '' }, /KILN_ENCRYPTION needs KILN_KEY_FILE/],
  ]
  const later: typeof cases = [
    [['key', 'new', file], {}, /^there is a file .* already/],
    [['key', 'drop'], settings, /^which key\?/],
    [['key', 'drop', '7-00000000'], settings, /^the key '7-00000000' is not in/],
    [['key', 'drop', namesOr(file)], settings, /is the current one|are still wrapped/],
    [
      ['check'],
      { ...settings, KILN_ENCRYPTION: '', KILN_KEY_FILE: '' },
      /this store keeps AuditEvent, Patient encrypted, and needs KILN_KEY_FILE/,
    ],
    [['check'], { ...settings, KILN_ENCRYPTION: 'Patient.nam' }, /KILN_ENCRYPTION names 'Patient.nam'/],
    [['patient', 'erase', 'p1'], settings, /^Patient\/p1 would be lost for ever: expected --yes/],
    [['patient', 'erase', 'p1', '--yes'], settings, /^Patient\/p1 has no key/],
    [['patient', 'erase', 'p1', '--yes', '--tenant', 'x'], settings, /^'x' is no tenant/],
  ]
  for (const [args, over, message] of cases) refuses(t, args, over, message)
  kiln(['key', 'new', file])
  t.equal(kiln(['check'], settings).status, 0)
  for (const [args, over, message] of later)
    refuses(t, args[2] === '' ? ['key', 'drop', namesOr(file)] : args, over, message)
  kiln(['key', 'new', `${file}-other`])
  refuses(
    t,
    ['serve'],
    { ...settings, KILN_KEY_FILE: `${file}-other` },
    /^Kiln cannot start: the keys of the store were wrapped by the master key '1-\w+', which is not in /,
  )
  chmodSync(file, 0o644)
  refuses(
    t,
    ['serve'],
    settings,
    /^Kiln cannot start: others than its owner may use the key file .* \(mode 644\): expected 600$/m,
  )
})

function namesOr(file: string): string {
  try {
    return namesIn(file).at(-1) ?? ''
  } catch {
    return ''
  }
}

function refuses(t: Test, args: readonly string[], settings: Settings, message: RegExp): void {
  const { status, stderr, stdout } = kiln(args, settings)
  t.equal(status, 1, args.join(' '))
  t.match(stderr, message)
  t.equal(stdout, '')
  t.notMatch(stderr, /\n\s+at /)
}

t.test('a rotation that is killed, again and again, loses nothing and is finished by rewrap', async t => {
  const at = site(t)
  const { path: _, ...settings } = at
  kiln(['key', 'new', at.KILN_KEY_FILE])
  const count = 400
  await fill(at, count)
  const partly: boolean[] = []
  // It may be done before this process saw that it had begun: then it is tried again.
  for (let round = 0; round < 4 || !partly.includes(true); round++) {
    const before = namesIn(at.KILN_KEY_FILE).at(-1) ?? ''
    const { store, below } = await open(at)
    const left = async () => (await below.notes({ tenant, kind: ringKind, tag: before, limit: 1_000 })).length
    const all = await left()
    const child = spawn(process.execPath, ['src/cli.ts', 'key', 'rotate'], {
      env: environment(settings),
      stdio: 'ignore',
    })
    const ended = once(child, 'exit')
    while ((await left()) === all && child.exitCode === null) await sleep(1)
    child.kill('SIGKILL')
    await ended
    partly.push((await left()) > 0)
    const keys = Array.from({ length: count }, (_, index) => ({ tenant, type: 'Patient', id: `p${index}` }))
    const versions = await store.readAll(keys)
    t.equal(versions.filter((version, index) => version?.json?.includes(`"l${index}"`)).length, count)
    await store.close()
  }
  t.ok(partly.includes(true), 'one was killed in its midst')
  t.equal(kiln(['key', 'rewrap'], settings).status, 0)
  for (const name of namesIn(at.KILN_KEY_FILE).slice(0, -1)) t.equal(kiln(['key', 'drop', name], settings).stderr, '')
  const { store } = await open(at)
  t.match((await store.read({ tenant, type: 'Patient', id: 'p399' }))?.json, /"l399"/)
  await store.close()
})

t.test(
  'what is stored is sealed by a command; killed, again and again, it loses nothing and is done by the next',
  async t => {
    const at = site(t)
    const { path, ...rest } = at
    const settings = { ...rest, KILN_ENCRYPTION: 'Patient.language', KILN_SEARCH_BUDGET: '100' }
    kiln(['key', 'new', at.KILN_KEY_FILE])
    const needs = { clock: Date.now, random: randomBytes, observe: () => {}, path, synchronous: 'NORMAL' } as const
    const below = await openSqlite(needs)
    const count = 1_500
    const ids = Array.from({ length: count }, (_, index) => `p${index}`)
    for (let from = 0; from < count; from += 100) {
      const writes = ids.slice(from, from + 100).map(id => {
        const text = draft({ resourceType: 'Patient', id, language: `l-${id}`, gender: 'female' }, id)
        return { do: 'put', method: 'PUT', key: { tenant, type: 'Patient', id }, draft: text } as const
      })
      await below.commit({ tenant, writes })
    }
    const texts = async (): Promise<readonly string[]> => {
      await sleep(1) // within one turn of the loop everybody reads the same state
      const versions = await below.readAll(ids.map(id => ({ tenant, type: 'Patient', id })))
      return versions.map(version => version?.json ?? '')
    }
    const left = async () => (await texts()).filter(text => text.includes('"l-p')).length
    t.equal(kiln(['check'], settings).status, 0)
    const partly: boolean[] = []
    for (let round = 0; round < 3; round++) {
      const before = await left()
      const child = spawn(process.execPath, ['src/cli.ts', 'key', 'seal'], {
        env: environment(settings),
        stdio: 'ignore',
      })
      const ended = once(child, 'exit')
      while ((await left()) === before && child.exitCode === null) await sleep(1)
      child.kill('SIGKILL')
      await ended
      partly.push((await left()) > 0)
      const { store } = await sealed(below, at.KILN_KEY_FILE, ['Patient.language'])
      const versions = await store.readAll(ids.map(id => ({ tenant, type: 'Patient', id })))
      t.equal(
        versions.filter(version => version?.json?.includes(`"language":"l-${version.id}","gender"`)).length,
        count,
      )
      await sleep(5_100) // the lease of who was killed
    }
    t.ok(partly.includes(true), 'one was killed in its midst')
    const done = kiln(['key', 'seal'], settings)
    t.match(done.stdout, /^\d+ texts were changed: what is stored is as KILN_ENCRYPTION says\.\n$/, done.stderr)
    t.equal(await left(), 0)
    t.ok((await texts()).every(text => text.includes('"gender":"female","_sealedElements":"1.')))
    t.match(kiln(['key', 'seal'], settings).stdout, /^0 texts were changed/)
    const opened = kiln(['key', 'seal'], { ...settings, KILN_ENCRYPTION: '' })
    t.match(opened.stdout, /^1500 texts were changed/, opened.stderr)
    t.equal(await left(), count)
    t.equal(kiln(['check'], { KILN_STORE: `sqlite:${path}` }).status, 0, 'no key is needed any more')
    await below.close()
  },
)
