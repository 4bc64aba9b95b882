/** What is done beside the server, by commands, is in the audit: of the tenant that it is about, or of the site. */
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import tap from 'tap'
import { newKeyFile } from '../../../src/security/encryption/key-file.ts'
import { onSqlite } from '../../faults/places.ts'
import { openKiln } from '../../http/kiln.ts'
import type { Loose } from '../../world.ts'
import { operator } from '../smart/app.ts'
import { short } from './auditing.ts'

tap.setTimeout(240_000)

/** How events get to a store is tested on both of them elsewhere. */
tap.test('tenants and patients that are changed and erased by commands', async t => {
  const file = join(t.testdir(), 'keys')
  newKeyFile(file, randomBytes)
  const settings = {
    ...{ KILN_AUTH: 'smart', KILN_STORE: onSqlite(t).store, KILN_SYNCHRONOUS: 'NORMAL' },
    ...{ KILN_ENCRYPTION: 'Patient', KILN_KEY_FILE: file, KILN_LOG_LEVEL: 'silent' },
  }
  const kiln = await openKiln(t, settings)
  const run = (...args: string[]) => {
    const env = { ...process.env, ...settings }
    return spawnSync(process.execPath, ['src/cli.ts', ...args], { encoding: 'utf8', env }).status
  }
  const headers = { ...(await operator(kiln)), 'content-type': 'application/fhir+json' }
  const found = async (subtype: string, count: number): Promise<readonly string[]> => {
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`${kiln.base}/AuditEvent?_sort=date&subtype=${subtype}`, { headers })
      const { entry = [] } = (await answer.json()) as Loose
      if (entry.length >= count || tries > 100) return entry.map(({ resource }: Loose) => short(resource))
      await sleep(200)
    }
  }
  const body = JSON.stringify({ resourceType: 'Patient', id: 'amy' })
  t.equal((await fetch(`${kiln.base}/Patient/amy`, { method: 'PUT', headers, body })).status, 201)
  for (const args of [
    ['add', 'north', '--max-resources', '5'],
    ['set', 'north', '--rate', '5:5'],
    ['lock', 'north'],
    ['unlock', 'north'],
    ['erase', 'north', '--yes'],
  ]) {
    t.equal(run('tenant', ...args), 0, args.join(' '))
  }
  t.equal(run('tenant', 'erase', 'nobody', '--yes'), 1)
  t.equal(run('patient', 'erase', 'nobody', '--yes'), 1)
  t.equal(run('patient', 'erase', 'amy', '--yes'), 0)
  t.same(await found('110129', 4), [
    'U 110129: 0 (north: added, at most 5 resources)',
    'U 110129: 0 (north: at most 5 resources, at most 5:5 requests a second)',
    'U 110129: 0 (north: locked)',
    'U 110129: 0 (north: unlocked)',
  ])
  t.same(await found('tenant-erased', 2), ['D tenant-erased: 0 (north: begun)', 'D tenant-erased: 0 (north: done)'])
  t.same(await found('patient-erased', 4), [
    'D patient-erased → Patient/nobody: 0 (begun)',
    'D patient-erased → Patient/nobody: 8 (not done)',
    'D patient-erased → Patient/amy: 0 (begun)',
    'D patient-erased → Patient/amy: 0 (done: 1 deleted)',
  ])
})
