/** A whole server that audits: what is asked of it over HTTP is found as AuditEvents, sealed, and told to the anchor. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { logReader } from '../../../src/observe.ts'
import { parseAnchors } from '../../../src/security/audit/anchor.ts'
import { openKiln } from '../../faults/kiln.ts'
import { kinds } from '../../faults/places.ts'
import type { Loose } from '../../world.ts'
import { short } from './auditing.ts'

const patience = 60_000 // ms; the machine may be busy

t.setTimeout(2 * patience)

for (const { name, fresh } of await kinds()) {
  t.test(`on ${name}, events come to be found and sealed by themselves`, async t => {
    t.setTimeout(patience)
    const folder = mkdtempSync(join(tmpdir(), 'kiln-anchors-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const anchors = join(folder, 'anchors')
    const kiln = await openKiln(fresh(t), { environment: { KILN_AUDIT: 'all', KILN_AUDIT_ANCHOR: anchors } })
    t.teardown(() => kiln.close())
    const base = `${kiln.origin}/fhir`
    const headers = { 'content-type': 'application/fhir+json', 'x-request-id': 'request-1' }
    const body = JSON.stringify({ resourceType: 'Patient', id: 'p', name: [{ family: 'Chalmers' }] })
    await fetch(`${base}/Patient/p`, { method: 'PUT', headers, body })
    await fetch(`${base}/Patient/p`, { headers })

    const events = await until(async () => {
      const found: Loose = await (await fetch(`${base}/AuditEvent?patient=Patient/p&subtype=read,update`)).json()
      const all = (found.entry ?? []).map(({ resource }: Loose) => resource)
      return all.length >= 2 ? all : undefined
    })
    t.same(events.map(short).sort(), ['R read Patient/p → Patient/p: 0', 'U update Patient/p → Patient/p: 0'])
    for (const { agent, entity } of events) {
      t.match(agent[0], { who: { display: 'not authenticated' }, network: { address: '127.0.0.1', type: '2' } })
      t.ok(
        entity.some(({ what }: Loose) => what?.identifier?.value === 'request-1'),
        'it tells by which request',
      )
    }
    const seals = await until(() => {
      const { seals } = parseAnchors(readIfThere(anchors), 'default')
      return seals.length > 0 ? seals : undefined
    })
    t.ok((seals[0]?.count ?? 0) > 0)
    t.same(kiln.bugs, [])
  })
}

t.test('the log of the process names nobody, also where the audit fails', async t => {
  const lines: string[] = []
  const read = logReader('trace', { write: line => void lines.push(line) })
  const error = new Error('E11000 duplicate key: Chalmers', { cause: new Error('Patient/p of Chalmers') })
  read({ event: 'audit.failed', error })
  read({ event: 'audit.lost', occurrences: 3 })
  t.equal(lines.length, 2)
  t.notMatch(lines.join(), /Chalmers|Patient/)
})

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await sleep(100)
  }
}
