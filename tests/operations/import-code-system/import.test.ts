import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import tap, { type Test } from 'tap'
import { fail } from '../../../src/fhir/issue.ts'
import { type Packed, zipOf } from '../../terminology/load/release.ts'
import type { Reply } from '../../world.ts'
import { parameters } from '../operating.ts'
import { importing, type Site, system } from './site.ts'

const wards = 'code,display,parent\na,Ward A,\nb,Ward B,a\n'
const many = (word: string, count = 60_000): string =>
  `code,display\n${Array.from({ length: count }, (_, n) => `${n},${word} ${n}\n`).join('')}`

const csv = { 'content-type': 'text/csv' }
const later = { ...csv, prefer: 'return=minimal, respond-async' }
const path = (version: string, more = ''): string =>
  `CodeSystem/$import?system=${encodeURIComponent(system)}&version=${version}${more}`

/** Asks for the status until it is told. */
async function settled(site: Site, accepted: Reply): Promise<Reply> {
  for (let asked = 0; ; asked++) {
    const status = await site.ask('GET', statusOf(accepted))
    if (status.status !== 202) return status
    if (asked > 2_000) throw new Error('it never ends')
    await sleep(20)
  }
}

function statusOf({ headers }: Reply): string {
  return String(headers['content-location']).replace('http://kiln.test/fhir/', '')
}

function display(site: Site, code = 'b'): string | undefined {
  const file = site.catalog.find('default', system)
  const concept = file?.find(code)
  return concept === undefined ? undefined : file?.display(concept)
}

tap.setTimeout(240_000) // many loads on a machine that may have much else to do

importing(async (t: Test, open) => {
  await t.test('a release that is sent is loaded, and what it brought is told', async t => {
    const site = await open()
    site.work()
    const done = await site.ask('POST', path('3', '&edition=http://example.org/edition'), wards, csv)
    t.equal(done.status, 200, done.json)
    t.same(done.body.parameter, [
      {
        name: 'loaded',
        part: [
          { name: 'system', valueUri: system },
          { name: 'version', valueString: '3' },
          { name: 'edition', valueUri: 'http://example.org/edition' },
          { name: 'concepts', valueInteger: 2 },
        ],
      },
      { name: 'leftOut', valueInteger: 0 },
    ])
    t.equal(display(site), 'Ward B')
    t.equal(site.catalog.find('other', system), undefined, 'it is the tenant’s alone')
    t.match(await site.task(), { status: 'completed', description: 'Import of release.csv' })
    await until(() => readdirSync(join(site.folder, 'imports')).length === 0)
  })

  await t.test('who does not want to wait is told where to ask', async t => {
    const site = await open()
    const accepted = await site.ask('POST', path('1'), many('x'), later)
    t.equal(accepted.status, 202)
    t.match(statusOf(accepted), /^Task\/[^/]+\/\$import-status$/)
    const waiting = await site.ask('GET', statusOf(accepted))
    t.match(waiting, { status: 202, headers: { 'x-progress': 'waiting', 'retry-after': '1' } })
    site.work()
    let told = ''
    for (let status = waiting; status.status === 202; status = await site.ask('GET', statusOf(accepted))) {
      told = status.headers['x-progress'] ?? ''
      await sleep(5)
    }
    t.match(told, /rows/)
    const done = await settled(site, accepted)
    t.equal(done.status, 200)
    t.match(done.body, { resourceType: 'Parameters', parameter: [{ part: { 2: { valueInteger: 60_000 } } }] })
    t.equal(done.body.id, undefined)
    t.equal((await site.ask('DELETE', statusOf(accepted))).status, 409)
  })

  await t.test('what is wrong with the files is told with their lines', async t => {
    const site = await open()
    site.work()
    const wrong = await site.ask('POST', path('1'), 'code,parent\na,\nb,zz\n', csv)
    t.equal(wrong.status, 422)
    t.same(wrong.body.issue, [
      {
        severity: 'error',
        code: 'processing',
        diagnostics: "release.csv line 3: parent 'zz' is not among the concepts",
      },
    ])
    const accepted = await site.ask('POST', path('1', '&name=wards.csv'), 'code,parent\na,\nb,zz\n', later)
    const settledWrong = await settled(site, accepted)
    t.equal(settledWrong.status, 422)
    t.match(settledWrong.body, { resourceType: 'OperationOutcome', issue: [{ diagnostics: /^wards\.csv line 3/ }] })
    t.same(site.catalog.list('default'), [])
    const lenient = await site.ask('POST', path('1', '&lenient=true&choose=true'), 'code,parent\na,\nb,zz\n', csv)
    t.match(lenient.body.parameter, [
      { name: 'loaded' },
      { name: 'leftOut', valueInteger: 1 },
      { name: 'message', valueString: /line 3/ },
    ])
    await site.ask('POST', path('2'), wards, csv)
    await until(() => site.catalog.list('default').length === 2)
    t.equal(site.catalog.find('default', system)?.facts.version, '1', 'the one that was chosen answers')
  })

  await t.test('a request that says nothing to be loaded, or too much, is refused before anything is kept', async t => {
    const site = await open()
    const refusals: [path: string, body: unknown, headers: Record<string, string>, says: RegExp][] = [
      ['CodeSystem/$import', undefined, {}, /received neither/],
      ['CodeSystem/$import', '', csv, /received neither/],
      ['CodeSystem/$import?url=http://x/y.zip', wards, csv, /received both/],
      ['CodeSystem/$import', parameters(['url', 'Uri', 'nowhere']), {}, /'nowhere' is no URL/],
      ['CodeSystem/$import?sytem=x', wards, csv, /sytem/],
      ['CodeSystem/$import', { resourceType: 'Patient' }, {}, /Patient/],
    ]
    for (const [path, body, headers, says] of refusals) {
      const refused = await site.ask('POST', path, body, headers)
      t.equal(refused.status, 400, refused.json)
      t.match(refused.json, says)
    }
    t.equal((await site.ask('GET', 'CodeSystem/$import')).status, 405)
    t.equal((await site.ask('GET', 'Task/none/$import-status')).status, 404)
    t.equal((await site.ask('DELETE', 'Task/none/$import-status')).status, 404)
    await site.ask('PUT', 'Task/mine', { resourceType: 'Task', id: 'mine', status: 'requested', intent: 'order' })
    t.equal((await site.ask('GET', 'Task/mine/$import-status')).status, 404, 'another Task is no import')
    t.throws(() => readdirSync(site.folder), { code: 'ENOENT' })
  })

  await t.test('a release is fetched from a url, under the name that it has there', async t => {
    const site = await open()
    const asked: string[] = []
    site.work({
      pull: async (url, _, take) => {
        asked.push(url)
        if (url.includes('gone')) return false
        if (url.includes('secret'))
          throw fail('forbidden', 'http://secret is not asked: it leads into a private network')
        for (const line of wards.split(/(?<=\n)/)) await take(Buffer.from(line))
        return true
      },
    })
    const wanted = (url: string) => parameters(['url', 'Uri', url], ['system', 'Uri', system])
    const done = await site.ask('POST', 'CodeSystem/$import', wanted('http://x/a/my%20wards.csv?key=1'))
    t.equal(done.status, 200, done.json)
    t.same(asked, ['http://x/a/my%20wards.csv?key=1'])
    t.match(site.catalog.list('default'), [{ source: 'my wards.csv' }])
    t.notMatch((await site.ask('GET', 'Task')).json, /key=1/, 'what may be secret is not kept')
    const latin = await site.ask('POST', 'CodeSystem/$import', wanted('http://x/caf%E9.csv'))
    t.equal(latin.status, 200, latin.json)
    const gone = await site.ask('POST', 'CodeSystem/$import', wanted('http://x/gone.csv'))
    t.match(gone, { status: 404, body: { issue: [{ diagnostics: "there is nothing at the url of 'gone.csv'" }] } })
    const secret = await site.ask('POST', 'CodeSystem/$import', wanted('http://secret/x.csv'))
    t.match(secret, { status: 403, body: { issue: [{ diagnostics: /private network/ }] } })
  })

  await t.test('an extension of SNOMED CT is fetched together with what it extends', async t => {
    const [module, extended] = ['11000274103', '900000000000207008']
    const row = (head: string, ...rows: readonly string[]): string =>
      [`id effectiveTime active moduleId ${head}`, ...rows].map(each => `${each.replaceAll(' ', '\t')}\n`).join('')
    const zip = (day: string, of: string, concept: string, parent: string, more: readonly Packed[] = []): Buffer =>
      zipOf([
        {
          path: `sct2_Concept_Snapshot_XX_${day}.txt`,
          content: row('definitionStatusId', `${concept} ${day} 1 ${of} 900000000000074008`),
        },
        {
          path: `sct2_Description_Snapshot-en_XX_${day}.txt`,
          content: row(
            'conceptId languageCode typeId term caseSignificanceId',
            `${concept}016 ${day} 1 ${of} ${concept} en 900000000000013009 Term${concept} 900000000000448009`,
          ),
        },
        {
          path: `sct2_Relationship_Snapshot_XX_${day}.txt`,
          content: row(
            'sourceId destinationId relationshipGroup typeId characteristicTypeId modifierId',
            ...(parent === ''
              ? []
              : [`${concept}027 ${day} 1 ${of} ${concept} ${parent} 0 116680003 900000000000011006 x`]),
          ),
        },
        ...more,
      ])
    const dependency = `80000000-0000-4000-8000-000000000001 20251115 1 ${module} 900000000000534007 ${extended} 20251115 20260101`
    const archives: Readonly<Record<string, Buffer>> = {
      'SnomedCT_INT.zip': zip('20260101', extended, '138875005', ''),
      'SnomedCT_DE.zip': zip('20251115', module, '999000124105', '138875005', [
        {
          path: 'der2_ssRefset_ModuleDependencySnapshot_DE_20251115.txt',
          content: row('refsetId referencedComponentId sourceEffectiveTime targetEffectiveTime', dependency),
        },
      ]),
    }
    const site = await open()
    site.work({
      pull: async (url, _, take) => {
        await take(archives[url.slice(url.lastIndexOf('/') + 1)] ?? Buffer.alloc(0))
        return true
      },
    })
    const [international, national] = ['http://x/SnomedCT_INT.zip', 'http://x/SnomedCT_DE.zip']
    const alone = await site.ask('POST', 'CodeSystem/$import', parameters(['url', 'Uri', national]))
    t.match(alone, {
      status: 422,
      body: { issue: [{ diagnostics: /extension 11000274103 depends on the international/ }] },
    })
    const urls = parameters(['url', 'Uri', international], ['url', 'Uri', national], ['lenient', 'Boolean', true])
    const both = await site.ask('POST', 'CodeSystem/$import', urls)
    t.equal(both.status, 200, both.json)
    t.match(site.catalog.list('default'), [
      { version: `http://snomed.info/sct/${module}/version/20251115`, source: 'SnomedCT_INT.zip, SnomedCT_DE.zip' },
    ])
    const named = parameters(['url', 'Uri', international], ['url', 'Uri', national], ['name', 'String', 'x.zip'])
    t.match(await site.ask('POST', 'CodeSystem/$import', named), { status: 400 })
  })

  await t.test('cancelled, it is given up, and the version before answers', async t => {
    const site = await open()
    const waiting = await site.ask('POST', path('1'), many('never'), later)
    t.equal((await site.ask('DELETE', statusOf(waiting))).status, 202)
    t.equal((await site.ask('GET', statusOf(waiting))).status, 404)
    site.work()
    await site.ask('POST', path('1'), wards, csv)
    const running = await site.ask('POST', path('1'), many('new', 200_000), later)
    while ((await site.ask('GET', statusOf(running))).headers['x-progress'] === 'waiting') await sleep(5)
    t.equal((await site.ask('DELETE', statusOf(running))).status, 202)
    await until(() => readdirSync(join(site.folder, 'imports')).length === 0)
    t.equal(display(site), 'Ward B')
    t.equal((await site.ask('GET', statusOf(running))).status, 404)
  })

  await t.test('of a process that ends, another takes over; three times at most', async t => {
    const site = await open()
    const accepted = await site.ask('POST', path('1'), many('x', 200_000), later)
    const first = site.work()
    await until(async () => (await site.task()).status === 'in-progress')
    await first.stop() // as a server ends by a signal
    const { status, output } = await site.task()
    t.equal(status, 'requested')
    t.match(output, [{ valueInteger: 0 }], 'that is no fault of the import')

    // Killed: it says nothing any more, and its lease runs out.
    for (let kill = 1; kill <= 3; kill++) {
      const dying = site.work({ store: dead(site.store) })
      await until(async () => (await site.task()).output[0].valueInteger === kill)
      site.clock += 6_000
      await dying.stop()
      t.match(await site.task(), { status: 'in-progress', output: [{ valueInteger: kill }] })
    }
    site.work()
    const given = await settled(site, accepted)
    t.equal(given.status, 500)
    t.match(given.body.issue, [{ code: 'incomplete', diagnostics: /ended or failed 3 times/ }])
  })

  await t.test('two processes load each import once', async t => {
    const site = await open()
    const [one, two] = [site.work(), site.work()]
    const imports = await Promise.all([1, 2, 3].map(n => site.ask('POST', path(`${n}`), wards, csv)))
    t.same(
      imports.map(({ status }) => status),
      [200, 200, 200],
    )
    await until(() => one.events.length + two.events.length === 3)
    t.ok([...one.events, ...two.events].every(({ event }) => event === 'import.done'))
  })

  await t.test(
    'a record whose release is gone is told so, one that was deleted loads nothing, and what was left behind is cleared away',
    async t => {
      const site = await open()
      const accepted = await site.ask('POST', path('1'), wards, later)
      const [id = ''] = readdirSync(join(site.folder, 'imports'))
      t.equal((await site.ask('DELETE', `Task/${id}`)).status, 204)
      t.equal((await site.ask('GET', statusOf(accepted))).status, 404)
      mkdirSync(join(site.folder, 'imports', 'killed.partial'))
      site.clock += 660_000
      site.work()
      await until(() => readdirSync(join(site.folder, 'imports')).length === 0)
      t.same(site.catalog.list('default'), [])
    },
  )
})

/** Takes up the work once, and then no word of it reaches the store. */
function dead(store: Site['store']): Site['store'] {
  let taken = false
  return {
    ...store,
    release: async () => {},
    renew: async () => undefined,
    acquire: (...asked) => {
      const lease = taken ? Promise.resolve(undefined) : store.acquire(...asked)
      taken = true
      return lease
    },
  }
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let asked = 0; !(await holds()); asked++) {
    if (asked > 2_000) throw new Error('it never came to that')
    await sleep(20)
  }
}
