import t from 'tap'
import { openKiln } from '../http/kiln.ts'
import { entries, type Loose, onBothStores, type Reply, type World } from '../world.ts'
import { link, names, observation, pages, pagesBefore, patient, said, walk } from './searching.ts'

t.setTimeout(240_000)

const letters = [...'abcdefghij']

async function seeded(world: World): Promise<World> {
  for (const [at, letter] of letters.entries()) {
    world.clock += 1000
    await patient(world, letter, `F${9 - at}`, { active: at % 2 === 0 })
  }
  return world
}

const all = letters.map(letter => `Patient/${letter}`)

await onBothStores(async (t, open) => {
  await t.test('pages hold as many as asked for, each match once, in order', async t => {
    const world = await seeded(await open())
    for (const count of [1, 2, 3, 5, 9, 10, 11]) {
      const read = await pages(world, `Patient?_count=${count}`)
      t.equal(read.length, Math.ceil(10 / count))
      t.strictSame(
        read.flatMap(reply => names(reply)),
        all,
        `${count} per page`,
      )
    }
    t.strictSame(await walk(world, 'Patient?_count=3&_sort=family'), all.toReversed())
    t.strictSame(await walk(world, 'Patient?_count=3&_sort=-family'), all)
    t.strictSame(await walk(world, 'Patient?_count=3&_sort=active,-_id&_elements=active'), [
      ...['j', 'h', 'f', 'd', 'b'].map(id => `Patient/${id}`),
      ...['i', 'g', 'e', 'c', 'a'].map(id => `Patient/${id}`),
    ])
    t.strictSame(await walk(world, 'Patient?_count=4&_sort=birthdate'), all, 'without a value: in the order of birth')
  })

  await t.test('a total that was counted stays the same on all pages', async t => {
    const world = await seeded(await open())
    const read = await pages(world, 'Patient?_count=4&_total=accurate', async () => {
      await patient(world, `new${world.clock++}`, 'New')
    })
    t.strictSame(
      read.map(({ body }) => body.total),
      [10, 10, 10],
    )
  })

  await t.test('_maxresults ends the walk', async t => {
    const world = await seeded(await open())
    const read = await pages(world, 'Patient?_count=3&_maxresults=5')
    t.strictSame(
      read.map(reply => names(reply).length),
      [3, 2],
    )
    t.strictSame(names(await world.ask('GET', 'Patient?_maxresults=2')), ['Patient/a', 'Patient/b'])
  })

  await t.test('several types are merged into one order', async t => {
    const world = await open()
    const expected: string[] = []
    for (let at = 0; at < 12; at++) {
      const id = `x${String(at).padStart(2, '0')}`
      if (at % 3 === 0) await observation(world, id, 'Patient/x01')
      else await patient(world, id, 'F')
      expected.push(`${at % 3 === 0 ? 'Observation' : 'Patient'}/${id}`)
    }
    for (const count of [1, 2, 5, 12]) {
      t.strictSame(await walk(world, `?_count=${count}`), expected, `${count} per page`)
      t.strictSame(await walk(world, `?_count=${count}&_sort=-_id`), expected.toReversed())
    }
    t.strictSame(
      await walk(world, 'Patient/x01/*?_count=1'),
      ['x00', 'x01', 'x03', 'x06', 'x09'].map(id => `${id === 'x01' ? 'Patient' : 'Observation'}/${id}`),
    )
  })

  await t.test('a page link that was altered or belongs to another search is refused', async t => {
    const world = await seeded(await open())
    const first = await world.ask('GET', 'Patient?_count=2&active=true')
    const cursor = new URL(`http://x/${link(first, 'next')}`).searchParams.get('_page') ?? ''
    const status = async (target: string, headers?: Record<string, string>) =>
      (await world.ask('GET', `${target}&_page=${cursor}`, undefined, headers)).status
    t.equal(await status('Patient?_count=2&active=true'), 200)
    t.equal(await status('Patient?_count=2&active=true&_format=json'), 200, 'the format may change')
    t.equal(await status('Patient?_count=3&active=true'), 400)
    t.equal(await status('Patient?_count=2&active=false'), 400)
    t.equal(await status('Practitioner?_count=2&active=true'), 400)
    t.equal(await status('Patient?_count=2&active=true', { 'x-tenant': 'other' }), 400)
    for (const page of [`x${cursor}`, `${cursor}x`, cursor.slice(1), cursor.slice(0, -1), 'W10.', '%00']) {
      t.equal((await world.ask('GET', `Patient?_count=2&active=true&_page=${page}`)).status, 400, page)
    }
    const history = await world.ask('GET', 'Patient/_history?_count=2')
    const foreign = new URL(`http://x/${link(history, 'next')}`).searchParams.get('_page')
    t.equal((await world.ask('GET', `Patient?_count=2&_page=${foreign}`)).status, 400, 'of a history')
  })

  await t.test('what is written between the pages neither repeats nor hides a match', async t => {
    const changes: [string, string, (world: World) => Promise<unknown>][] = [
      ['behind, now ahead', 'Patient?_sort=family', world => patient(world, 'j', 'Z')],
      ['ahead, now behind', 'Patient?_sort=family', world => patient(world, 'a', 'A')],
      ['does not match any more', 'Patient?active=true', world => patient(world, 'i', 'F1', { active: false })],
      ['matches now', 'Patient?active=true', world => patient(world, 'j', 'F1', { active: true })],
      ['is new', 'Patient?_sort=-family', world => patient(world, 'k', 'F5')],
      ['is new and last', 'Patient', world => patient(world, 'k', 'F5')],
      ['its time changes', 'Patient?_sort=-_lastUpdated', world => patient(world, 'b', 'F8')],
      [
        'changes twice',
        'Patient?_sort=family',
        async world => {
          await patient(world, 'a', 'A')
          await patient(world, 'a', 'F9')
        },
      ],
      [
        'leaves and returns',
        'Patient?_sort=family',
        async world => {
          await world.ask('DELETE', 'Patient/b')
          await patient(world, 'b', 'F0')
        },
      ],
      ['a chain', 'Patient?_sort=family&_has:Observation:subject:status=final', world => patient(world, 'k', 'F5')],
      ['several types', '?_type=Patient,Observation&_sort=-_id', world => patient(world, 'a', 'A')],
    ]
    for (const [what, target, change] of changes) {
      const world = await seeded(await open())
      for (const letter of letters) await observation(world, `o${letter}`, `Patient/${letter}`)
      const query = `${target}${target.includes('?') ? '&' : '?'}_count=3`
      const before = await walk(world, query)
      const during = await walk(world, query, async page => {
        world.clock += 1000
        if (page === 1) await change(world)
      })
      t.strictSame(during, before, what)
    }
  })

  await t.test('a deleted match is not shown any more, and no other goes with it', async t => {
    const world = await seeded(await open())
    const seen = await walk(world, 'Patient?_count=3&_sort=family', async page => {
      if (page === 1) await world.ask('DELETE', 'Patient/f')
    })
    t.strictSame(
      seen,
      all.toReversed().filter(name => name !== 'Patient/f'),
    )
  })

  await t.test('a match that was changed is shown as it is', async t => {
    const world = await seeded(await open())
    const read = await pages(world, 'Patient?_count=6&active=true,false', async page => {
      if (page === 1) await patient(world, 'j', 'Now')
    })
    t.equal(read[1]?.body.entry.at(-1).resource.name[0].family, 'Now')
  })

  await t.test('every starting row is met once, in order, while writers run', async t => {
    const world = await open()
    const rows = 600 // 10,000 in tests/faults/paging.ts
    const family = (at: number) => `F${String((at * 7) % rows).padStart(5, '0')}`
    for (let from = 0; from < rows; from += 100) {
      const entry = Array.from({ length: 100 }, (_, at) => ({
        resource: { resourceType: 'Patient', id: `r${from + at}`, name: [{ family: family(from + at) }] },
        request: { method: 'PUT', url: `Patient/r${from + at}` },
      }))
      const reply = await world.ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry })
      t.equal(reply.status, 200)
    }
    const writer = { stop: false, writes: 0 }
    const write = async (seed: number) => {
      for (let at = seed; !writer.stop; at = (at * 31 + 17) % rows) {
        world.clock++
        await patient(world, `r${at}`, `G${at}`)
        if (writer.writes++ % 5 === 0) await patient(world, `new${writer.writes}`, `F${at}`)
      }
    }
    const writers = [write(1), write(100)]
    const read = await pages(world, 'Patient?_count=50&_sort=family')
    writer.stop = true
    await Promise.all(writers)
    const seen = read.flatMap(reply => names(reply))
    t.ok(writer.writes > 0)
    t.equal(new Set(seen).size, seen.length, 'none twice')
    const missing = Array.from({ length: rows }, (_, at) => `Patient/r${at}`).filter(name => !seen.includes(name))
    t.strictSame(missing, [])
    // One that was never changed stands where its name belongs.
    const still = read.flatMap(reply => entries(reply).map(({ resource }) => resource))
    const families = still
      .filter(({ id, meta }) => /^r/.test(id) && meta.versionId === '1')
      .map(it => it.name[0].family)
    t.strictSame(families, families.toSorted())
  })

  await t.test('what was changed is judged once, not on each page', async t => {
    const world = await seeded(await open())
    let judged = 0
    const history: World['store']['history'] = query => {
      if (query.id !== undefined) judged++
      return world.store.history(query)
    }
    Object.assign(world.ctx, { store: { ...world.store, history } })
    const seen = await walk(world, 'Patient?_count=1&_sort=family', async page => {
      if (page > 4) return
      for (const letter of ['a', 'b', letters[page] ?? '']) await patient(world, letter, `G${page}`)
    })
    t.strictSame(seen, all.toReversed())
    t.equal(judged, 5, 'a, b, c, d and e')
  })

  await t.test('whoever starts in the middle of a walk finds the same', async t => {
    const world = await seeded(await open())
    const before = await walk(world, 'Patient?_count=3&_sort=family')
    const seen = await walk(world, 'Patient?_count=3&_sort=family', async page => {
      Object.assign(world.ctx, { store: { ...world.store } }) // nothing is remembered of another store
      await patient(world, letters[page * 2] ?? '', 'A')
    })
    t.strictSame(seen, before)
  })

  await t.test('the way back leads over the same pages', async t => {
    const world = await seeded(await open())
    for (const letter of letters) await observation(world, `o${letter}`, `Patient/${letter}`)
    for (const query of [
      'Patient?_count=1',
      'Patient?_count=3&_sort=family',
      'Patient?_count=4&_total=accurate',
      'Patient?_count=3&_maxresults=8',
      'Patient?_count=2&_content=F',
      'Observation?_count=4&_include=Observation:subject',
      '?_type=Patient,Observation&_count=7&_sort=-_id',
    ]) {
      const forth = await pages(world, query)
      t.equal(link(forth[0] as Reply, 'previous'), undefined)
      const back = await pagesBefore(world, forth.at(-1) as Reply)
      const shown = (reply: Reply) => [reply.body.total, names(reply), names(reply, 'include'), link(reply, 'next')]
      t.strictSame(back.map(shown), forth.slice(0, -1).toReversed().map(shown), query)
    }
  })

  await t.test('on the way back, too, what is written meanwhile neither repeats nor hides a match', async t => {
    const world = await seeded(await open())
    const forth = await pages(world, 'Patient?_count=3&_sort=family', async page => {
      if (page < 3) return
      await patient(world, 'j', 'Z')
      await patient(world, 'b', 'A')
      await patient(world, 'new', 'F7')
      await world.ask('DELETE', 'Patient/i')
      await world.ask('DELETE', 'Patient/f')
    })
    const back = await pagesBefore(world, forth.at(-1) as Reply)
    t.strictSame(
      back.map(reply => names(reply)),
      [
        ['d', 'c', 'b'],
        ['g', 'e'],
        ['j', 'h'],
      ].map(ids => ids.map(id => `Patient/${id}`)),
    )
    const forthAgain = await pages(world, link(back.at(-1) as Reply, 'next') ?? '')
    t.strictSame(
      forthAgain.flatMap(reply => names(reply)),
      ['g', 'e', 'd', 'c', 'b', 'a'].map(id => `Patient/${id}`),
    )
  })

  await t.test('a way back that would make links too long ends early', async t => {
    const world = await open()
    for (let at = 0; at < 30; at++) await patient(world, `${at}`, `${'x'.repeat(100)}${at + 100}`)
    const forth = await pages(world, 'Patient?_count=1&_sort=family')
    t.equal(forth.length, 30)
    t.ok(forth.every(({ body }) => body.link.every(({ url }: Loose) => url.length < 2_500)))
    const back = await pagesBefore(world, forth.at(-1) as Reply)
    t.ok(back.length >= 5 && back.length < 29, `${back.length} pages`)
    t.strictSame(
      back.map(reply => names(reply)),
      forth
        .slice(-1 - back.length, -1)
        .toReversed()
        .map(reply => names(reply)),
    )
  })

  await t.test('_text and _content find words, from page to page', async t => {
    const world = await open()
    for (const [at, word] of ['Alpha', 'Beta', 'Alpha beta', 'Gämma', 'alphabet'].entries()) {
      const div = `<div xmlns="http://www.w3.org/1999/xhtml"><b title="delta">${word}</b> &amp; more&#233;</div>`
      await patient(world, `${at}`, `Family${at}`, { text: { status: 'generated', div } })
    }
    const found = (query: string) => walk(world, `Patient?${query}`)
    t.strictSame(await found('_text=alpha'), ['Patient/0', 'Patient/2', 'Patient/4'])
    t.strictSame(await found('_text=alpha&_count=1'), ['Patient/0', 'Patient/2', 'Patient/4'])
    t.strictSame(await found('_text=beta alpha'), ['Patient/2'])
    t.strictSame(await found('_text=beta,gamma'), ['Patient/1', 'Patient/2', 'Patient/3'])
    t.strictSame(await found('_text=delta'), [], 'attributes are no text')
    t.strictSame(await found('_text=family1'), [], 'names are not in the narrative')
    t.strictSame(await found('_content=family1'), ['Patient/1'])
    t.strictSame(await found('_content=moree&_text=bet'), ['Patient/1', 'Patient/2'])
    const reply = await world.ask('GET', 'Patient?_text=alpha&_summary=count')
    t.equal(reply.body.total, 3)
    t.match(said(await world.ask('GET', 'Patient?_text=alpha')), [/word by word/])
  })
})

t.test('where more was changed than can be judged, the rest shows the present, and says so', async t => {
  const { base } = await openKiln(t)
  const rows = 10_100
  const putAll = async (family: string): Promise<void> => {
    for (let from = 0; from < rows; from += 2020) {
      const entry = Array.from({ length: 2020 }, (_, at) => ({
        resource: { resourceType: 'Patient', id: `${from + at}`, name: [{ family }] },
        request: { method: 'PUT', url: `Patient/${from + at}` },
      }))
      const body = JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry })
      const reply = await fetch(base, { method: 'POST', body, headers: { 'content-type': 'application/fhir+json' } })
      if (reply.status !== 200) throw new Error(await reply.text())
    }
  }
  const seen = new Map<string, number>()
  const warnings: string[] = []
  await putAll('Before')
  for (let url: string | undefined = `${base}/Patient?_count=1000`; url !== undefined; ) {
    const { entry = [], link } = (await (await fetch(url)).json()) as Loose
    for (const { resource, search } of entry) {
      if (search.mode === 'match') seen.set(resource.id, (seen.get(resource.id) ?? 0) + 1)
      else warnings.push(resource.issue[0].diagnostics)
    }
    if (seen.size === 1000) {
      await putAll('After')
      await fetch(`${base}/Patient`, {
        method: 'POST',
        body: '{"resourceType":"Patient"}',
        headers: { 'content-type': 'application/fhir+json' },
      })
    }
    url = link.find(({ relation }: Loose) => relation === 'next')?.url
  }
  t.equal(seen.size, rows, 'what still matches is met all the same, in the order of birth; what is new is not')
  t.ok(seen.values().every(times => times === 1))
  t.equal(warnings.length, 10)
  t.match(warnings[0], /shows the present state/)
})
