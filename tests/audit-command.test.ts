import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import { fileAnchor } from '../src/security/audit/anchor.ts'
import { anchorLast, seal } from '../src/security/audit/keep-audit.ts'
import { openSqlite } from '../src/store/sqlite/open.ts'
import { record, tenant } from './security/audit/places.ts'

function kiln(folder: string, args: readonly string[], input = '') {
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('KILN_'))
  return spawnSync(process.execPath, ['src/cli.ts', 'audit', ...args], {
    encoding: 'utf8',
    input,
    env: { ...Object.fromEntries(environment), KILN_STORE: `sqlite:${folder}`, KILN_TENANTS: 'north' },
  })
}

/** A store with two seals, whose anchors are in a file, and an event behind them. */
async function audited(t: Test): Promise<{ readonly folder: string; readonly anchors: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-audit-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const anchors = join(folder, 'anchors')
  const store = await openSqlite({ clock: Date.now, random: n => randomBytes(n), observe: () => {}, path: folder })
  for (const ids of [['a', 'b'], ['c']]) {
    await record(store, ids)
    await seal({ store, clock: Date.now }, tenant)
    await anchorLast({ store, anchor: fileAnchor(anchors) }, tenant)
  }
  await record(store, ['d'])
  await store.close()
  return { folder, anchors }
}

function tamper(folder: string, sql: string): void {
  const db = new DatabaseSync(join(folder, 'kiln.db'))
  db.exec(sql)
  db.close()
}

t.test('verify finds nothing in an audit that nobody touched', async t => {
  const { folder, anchors } = await audited(t)
  const { status, stdout, stderr } = kiln(folder, ['verify', '--anchors', anchors])
  t.equal(status, 0, stderr)
  t.match(
    stdout,
    /^4 events, 2 seals, 1 events not sealed yet, 0 portions .*, 2 anchors compared\nThe audit is as it was written\.\n$/,
  )
  t.match(kiln(folder, ['verify', '--tenant', 'north']).stdout, /^0 events/)
})

t.test('verify tells what was changed, and its code is 2', async t => {
  const { folder } = await audited(t)
  tamper(folder, `UPDATE version SET json = replace(json, 'someone', 'nobody') WHERE id = 'b'`)
  const { status, stdout, stderr } = kiln(folder, ['verify'])
  t.equal(status, 2)
  t.match(stderr, /^events were changed or exchanged .*\(seal 1\)\n$/)
  t.match(stdout, /THE AUDIT WAS ALTERED/)
})

t.test('anchors tell of a tail that was cut with its seals', async t => {
  const { folder, anchors } = await audited(t)
  tamper(folder, `DELETE FROM version WHERE id IN ('c', 'd'); DELETE FROM resource WHERE id IN ('c', 'd')`)
  tamper(folder, `DELETE FROM note WHERE kind = 'audit-seal' AND id = '000000000002'`)
  tamper(folder, `UPDATE note SET text = (SELECT text FROM note WHERE kind = 'audit-seal') WHERE kind = 'audit-head'`)
  t.equal(kiln(folder, ['verify']).status, 0, 'the database alone does not tell')
  const { status, stderr } = kiln(folder, ['verify', '--anchors', anchors])
  t.equal(status, 2)
  t.match(stderr, /seal 2 was anchored, and the last one is 1/)
})

t.test('anchors prints the last seal, which verify takes from standard input', async t => {
  const { folder, anchors } = await audited(t)
  const { status, stdout } = kiln(folder, ['anchors'])
  t.equal(status, 0)
  t.equal(stdout, `${readFileSync(anchors, 'utf8').trim().split('\n').at(-1)}\n`)
  t.match(kiln(folder, ['verify', '--anchors', '-'], stdout).stdout, /1 anchors compared/)
  writeFileSync(anchors, `${stdout}{"cut":`)
  t.match(kiln(folder, ['verify', '--anchors', anchors]).stderr, /anchors:2 is no anchor/)
})

t.test('what is wrong with the command is said, and its code is 1', async t => {
  const { folder } = await audited(t)
  for (const [args, says] of [
    [['verify', '--tenant', 'south'], /'south' is no tenant/],
    [['verify', '--anchors', join(folder, 'none')], /cannot be read/],
    [['anchors', '--tenant', 'north'], /nothing of tenant 'north' is sealed yet/],
  ] as const) {
    const { status, stderr } = kiln(folder, args)
    t.equal(status, 1)
    t.match(stderr, says)
    t.notMatch(stderr, /\n\s+at /)
  }
})
