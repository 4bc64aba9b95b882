import type { Test } from 'tap'
import { draft } from '../../../src/fhir/stamp.ts'
import type { Condition } from '../../../src/store/port.ts'
import { committed, made, openDesk, type Place, times } from '../place.ts'

export async function writing(t: Test, place: Place): Promise<void> {
  await t.test('a resource is read back as the text that goes out', async t => {
    const { put, one, store, key, tenant } = openDesk(place)
    place.now = Date.UTC(2026, 0, 2, 3, 4, 5, 6)
    const version = await one(put('a', { method: 'POST', body: { active: true } }))
    t.match(version, { tenant, type: 'Patient', id: 'a', version: 1, updated: place.now, method: 'POST' })
    t.equal(
      version.json,
      '{"resourceType":"Patient","id":"a","meta":{"versionId":"1","lastUpdated":"2026-01-02T03:04:05.006Z"},"active":true}',
    )
    t.same(await store.read(key('a')), version)
  })

  await t.test('what was never written is not there', async t => {
    const { put, one, store, key, tenant } = openDesk(place)
    t.equal(await store.read(key('a')), undefined, 'in a tenant that nobody has used')
    await one(put('a'))
    t.equal(await store.read(key('b')), undefined)
    t.equal(await store.read(key('a', 'Observation')), undefined)
    t.equal(await store.read({ tenant: `${tenant}-other`, type: 'Patient', id: 'a' }), undefined)
    t.equal(await store.vread(key('a'), 2), undefined)
    t.equal(await store.vread(key('a'), 0), undefined)
    t.equal(await store.vread(key('b'), 1), undefined)
  })

  await t.test('ids differ by case, and by type', async t => {
    const { put, done, store, key } = openDesk(place)
    await done([put('a'), put('A'), put('a', { type: 'Group' })])
    t.equal((await store.read(key('A')))?.id, 'A')
    t.equal((await store.read(key('a')))?.id, 'a')
    t.equal((await store.read(key('a', 'Group')))?.type, 'Group')
  })

  await t.test('versions count from 1 without gaps, through deletion and return', async t => {
    const { put, remove, one, store, key } = openDesk(place)
    const history = [
      await one(put('a', { method: 'POST' })),
      await one(put('a')),
      await one(put('a', { method: 'PATCH' })),
      await one(remove('a')),
      await one(put('a')),
    ]
    t.same(
      history.map(({ version, method }) => [version, method]),
      [
        [1, 'POST'],
        [2, 'PUT'],
        [3, 'PATCH'],
        [4, 'DELETE'],
        [5, 'PUT'],
      ],
    )
    for (const version of history) t.same(await store.vread(key('a'), version.version), version)
    t.same(await store.read(key('a')), history[4])
    t.same(
      history.map(({ seq }) => seq),
      history.map(({ seq }) => seq).sort((a, b) => a - b),
      'seq rises in version order',
    )
  })

  await t.test('a deletion is a version without text, and stands as the current one', async t => {
    const { put, remove, one, done, store, key } = openDesk(place)
    await one(put('a'))
    const gone = await one(remove('a'))
    t.match(gone, { version: 2, method: 'DELETE', json: undefined })
    t.same(await store.read(key('a')), gone)
    t.same((await done([remove('a')])).versions, [undefined], 'a second time makes no version')
    t.same((await done([remove('never')])).versions, [undefined])
    t.equal(await store.read(key('never')), undefined)
    t.same(await store.read(key('a')), gone)
  })

  await t.test('created says which puts made something that was absent', async t => {
    const { put, remove, done, check, store, key } = openDesk(place)
    t.match((await done([put('a'), put('b')])).versions, [{ created: true }, { created: true }])
    t.match((await done([put('a'), remove('b'), put('c')])).versions, [
      { created: false },
      { created: false },
      { created: true },
    ])
    const [again] = (await done([put('b'), check('a', 'present')])).versions
    t.equal(again?.created, true, 'after a deletion too')
    t.equal((await store.read(key('b')))?.created, true, 'and it is remembered')
  })

  await t.test('readAll answers in order, gaps and repetitions included', async t => {
    const { put, done, store, key } = openDesk(place)
    const { versions } = await done([put('a'), put('b'), put('a', { type: 'Group' })])
    const found = await store.readAll([key('b'), key('x'), key('a', 'Group'), key('a'), key('b')])
    t.same(found, [versions[1], undefined, versions[2], versions[0], versions[1]])
    t.same(await store.readAll([]), [])
  })

  await t.test('text survives byte for byte', async t => {
    const { key, tenant, store } = openDesk(place)
    const rests = [
      ',"v":1.00,"w":1e400,"x":12345678901234567890,"y":-0.0,"z":1E+2}',
      ',"text":"Zoë 👩‍⚕️ 漢字 \u2028 \uFEFF \\u0000 \\ud800 \\" \\\\ é e\u0301"}',
      ',"$where":{"$gt":1},"a.b":2,"__v":3,"_id":4,"":5}',
      `,"data":"${'0123456789abcdef'.repeat(256 * 1024)}"}`,
      `,"many":[${times(20_000, index => `{"n":${index}}`).join()}]}`,
    ]
    for (const [index, rest] of rests.entries()) {
      const id = `r${index}`
      const write = { do: 'put', key: key(id), method: 'PUT', draft: { type: 'Patient', id, rest } } as const
      const version = made(committed(await store.commit({ tenant, writes: [write] })).versions[0])
      t.ok(version.json?.endsWith(rest), 'what the commit answers')
      t.equal((await store.read(key(id)))?.json, version.json, 'what is read')
    }
  })

  await t.test('ids of every allowed form are kept apart', async t => {
    const { put, done, store, key } = openDesk(place)
    const ids = [
      '1',
      '01',
      '-',
      '.',
      '..',
      'a.b',
      'a-b',
      'constructor',
      '__proto__'.replaceAll('_', '-'),
      'x'.repeat(64),
    ]
    await done(ids.map(id => put(id)))
    t.same(
      (await store.readAll(ids.map(id => key(id)))).map(version => version?.id),
      ids,
    )
  })

  await conditions(t, place)
  await atomicity(t, place)
}

async function conditions(t: Test, place: Place): Promise<void> {
  await t.test('each condition holds for exactly the states it names', async t => {
    const { put, remove, check, commit, done, store, key } = openDesk(place)
    const states = ['never', 'live', 'gone'] as const
    const good: readonly (readonly [Condition, readonly string[]])[] = [
      ['present', ['live']],
      ['absent', ['never', 'gone']],
      [{ version: 1 }, []],
      [{ version: 2 }, ['live']],
      [{ version: 3 }, []],
    ]
    const bring = {
      never: async () => {},
      live: (id: string) => done([put(id)]).then(() => done([put(id)])),
      gone: (id: string) => done([put(id)]).then(() => done([remove(id)])),
    }
    const kinds = {
      put: (id: string, when: Condition) => put(id, { when }),
      delete: (id: string, when: Condition) => remove(id, when),
      check: (id: string, when: Condition) => check(id, when),
    }
    const cases = good.flatMap(([when, holdsFor]) =>
      states.flatMap(state => Object.entries(kinds).map(([kind, make]) => ({ when, holdsFor, state, kind, make }))),
    )
    for (const [index, { when, holdsFor, state, kind, make }] of cases.entries()) {
      const id = `c${index}`
      await bring[state](id)
      const before = await store.read(key(id))
      const outcome = await commit([make(id, when)])
      const label = `${kind} of a resource that is ${state}, when ${JSON.stringify(when)}`
      t.equal(outcome.ok, holdsFor.includes(state), label)
      if (outcome.ok) continue
      t.same(outcome.because, { why: 'condition', at: 0, current: before }, `${label}: what stands instead`)
      t.same(await store.read(key(id)), before, `${label}: nothing changed`)
    }
  })

  await t.test('a check changes nothing', async t => {
    const { put, check, done, one, store, key, end } = openDesk(place)
    const version = await one(put('a'))
    const before = await end()
    t.same(await done([check('a', { version: 1 })]), { ok: true, versions: [undefined] })
    t.same(await store.read(key('a')), version)
    t.equal(await end(), before)
  })
}

async function atomicity(t: Test, place: Place): Promise<void> {
  await t.test('one refused write among many: none happens', async t => {
    const { put, remove, one, refused, store, key, end } = openDesk(place)
    const standing = await one(put('x'))
    const before = await end()
    const writes = [...times(99, index => put(`n${index}`)), remove('x'), put('last', { when: 'present' })]
    t.same(await refused(writes), { why: 'condition', at: 100, current: undefined })
    t.same(await store.read(key('x')), standing)
    t.ok((await store.readAll(times(99, index => key(`n${index}`)))).every(version => version === undefined))
    t.equal(await end(), before)
  })

  await t.test('a commit of many writes is seen whole, its versions in order of the writes', async t => {
    const { put, remove, one, done, store, key } = openDesk(place)
    await one(put('x'))
    const { versions } = await done([...times(300, index => put(`n${index}`)), remove('x')])
    const seqs = versions.map(version => made(version).seq)
    t.same(
      seqs,
      [...seqs].sort((a, b) => a - b),
    )
    t.same(await store.readAll(versions.map(version => key(made(version).id))), versions)
  })

  await t.test('a refused commit beside others does not disturb them', async t => {
    const { put, commit, store, key } = openDesk(place)
    const outcomes = await Promise.all(
      times(60, index =>
        commit([put(`n${index}`), put(`m${index}`, { when: index % 3 === 0 ? 'present' : 'absent' })]),
      ),
    )
    for (const [index, outcome] of outcomes.entries()) {
      t.equal(outcome.ok, index % 3 !== 0)
      t.equal((await store.read(key(`n${index}`))) !== undefined, index % 3 !== 0)
    }
  })

  await t.test('writes of another tenant, or two of one resource, are a mistake of the caller', async t => {
    const { put, commit, store, key } = openDesk(place)
    const stranger = openDesk(place).put('a')
    await t.rejects(commit([put('a'), stranger]), RangeError)
    await t.rejects(commit([put('a'), put('a')]), RangeError)
    t.equal(await store.read(key('a')), undefined)
  })

  await t.test('a commit without writes is one', async t => {
    const { done, end, tenant } = openDesk(place)
    t.same(await done([]), { ok: true, versions: [] })
    t.equal(await end(), 0, tenant)
  })

  await t.test('what does not fit is refused before anything is written', async t => {
    const { put, refused, store, key } = openDesk(place)
    const rest = `,"data":"${'x'.repeat(70 * 1024 * 1024)}"}`
    const huge = put('huge', { draft: { ...draft({ resourceType: 'Patient' }, 'huge'), rest } })
    const why = await refused([put('small'), huge])
    t.match(why, { why: 'too-large', at: 1 })
    t.ok(why.why === 'too-large' && why.limit < rest.length)
    t.same(await store.readAll([key('small'), key('huge')]), [undefined, undefined])
  })
}
