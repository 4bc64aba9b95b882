import type { Test } from 'tap'
import type { Note, Store } from '../../../src/store/port.ts'
import { openDesk, type Place, times } from '../place.ts'

export async function notesKept(t: Test, place: Place, other: Store): Promise<void> {
  const desk = (): { readonly tenant: string; readonly store: Store } => openDesk(place)
  const noteIn = (tenant: string, over: Partial<Note> = {}): Note => {
    return { tenant, kind: 'session', id: 'a', text: '{"user":"Zoë"}', tags: [], revision: 0, ...over }
  }

  await t.test('a note comes back as it was kept, to every process', async t => {
    const { tenant, store } = desk()
    const key = { tenant, kind: 'session', id: 'a/b?"c"' }
    t.equal(await store.note(key), undefined)
    const note = noteIn(tenant, { ...key, tags: ['grant/1', 'user'], expires: place.now + 1_000 })
    t.equal(await store.keepNote(note), 1)
    t.same(await store.note(key), { ...note, revision: 1 })
    t.same(await other.note(key), { ...note, revision: 1 })
    t.equal(await store.note({ ...key, kind: 'code' }), undefined)
    t.equal(await store.note({ ...key, tenant: `${tenant}x` }), undefined)
  })

  await t.test('whoever saw another revision changes nothing', async t => {
    const { tenant, store } = desk()
    t.equal(await store.keepNote(noteIn(tenant, { revision: 3 })), undefined, 'there is none to be changed')
    t.equal(await store.keepNote(noteIn(tenant)), 1)
    t.equal(await store.keepNote(noteIn(tenant, { text: 'x' })), undefined, 'it is there already')
    t.equal(await other.keepNote(noteIn(tenant, { text: 'b', tags: ['t'], revision: 1 })), 2)
    t.equal(await store.keepNote(noteIn(tenant, { text: 'c', revision: 1 })), undefined)
    t.match(await store.note(noteIn(tenant)), { text: 'b', revision: 2, tags: ['t'] })
    t.equal(await store.dropNote(noteIn(tenant), 1), false)
    t.equal(await store.dropNote(noteIn(tenant), 2), true)
    t.equal(await store.dropNote(noteIn(tenant)), false)
    t.equal(await store.note(noteIn(tenant)), undefined)
  })

  await t.test('of many who keep the same note one does', async t => {
    const { tenant, store } = desk()
    for (const revision of [0, 1]) {
      const all = times(16, at => (at % 2 ? store : other).keepNote(noteIn(tenant, { text: `${at}`, revision })))
      const kept = (await Promise.all(all)).filter(one => one !== undefined)
      t.same(kept, [revision + 1])
    }
  })

  await t.test('what has expired is not there', async t => {
    const { tenant, store } = desk()
    const now = place.now
    const note = noteIn(tenant, { expires: now + 10, tags: ['t'] })
    t.equal(await store.keepNote(note), 1)
    t.equal((await store.notes({ tenant, kind: 'session', tag: 't', limit: 9 })).length, 1)
    place.now = now + 10
    t.equal(await store.note(note), undefined)
    t.same(await store.notes({ tenant, kind: 'session', limit: 9 }), [])
    t.same(await store.notes({ tenant, kind: 'session', tag: 't', limit: 9 }), [])
    t.equal(await store.dropNote(note), false)
    t.equal(await store.keepNote(noteIn(tenant, { revision: 1 })), undefined, 'nobody goes on from it')
    t.equal(await store.keepNote(noteIn(tenant)), 2)
    t.equal((await store.note(note))?.expires, undefined, 'it lasts now')
    await store.forget(tenant, now + 1_000_000)
    t.ok(await store.note(note), 'what lasts is not forgotten')
    await store.keepNote(noteIn(tenant, { id: 'old', expires: now + 11 }))
    place.now = now + 20
    await store.forget(tenant, now + 20)
    t.equal(await store.keepNote(noteIn(tenant, { id: 'old' })), 1)
  })

  await t.test('notes are found by their tags, page by page', async t => {
    const { tenant, store } = desk()
    for (const at of times(5, n => n)) {
      await store.keepNote(noteIn(tenant, { id: `n${at}`, tags: at % 2 ? ['odd', 'all'] : ['all'] }))
    }
    const ids = async (over: { tag?: string; after?: string; limit: number }) =>
      (await store.notes({ tenant, kind: 'session', ...over })).map(({ id }) => id)
    t.same(await ids({ limit: 9 }), ['n0', 'n1', 'n2', 'n3', 'n4'])
    t.same(await ids({ tag: 'odd', limit: 9 }), ['n1', 'n3'])
    t.same(await ids({ tag: 'all', after: 'n1', limit: 2 }), ['n2', 'n3'])
    await store.keepNote(noteIn(tenant, { id: 'n1', tags: ['all'], revision: 1 }))
    t.same(await ids({ tag: 'odd', limit: 9 }), ['n3'], 'a tag that was taken away finds nothing')
    await store.dropNotes(tenant, 'session', 'all')
    t.same(await ids({ limit: 9 }), [])
  })

  await t.test('which tenants have notes of a kind is told by one question', async t => {
    const [a, b, c] = [desk().tenant, desk().tenant, desk().tenant]
    const { store } = place
    for (const id of ['a', 'b']) await store.keepNote(noteIn(a, { id }))
    await store.keepNote(noteIn(b, { kind: 'code' }))
    await store.keepNote(noteIn(c))
    const noted = async (...tenants: readonly string[]) => [...(await other.noted(tenants, 'session'))].sort()
    t.same(await noted(a, b, c), [a, c].sort())
    t.same(await noted(a, b), [a])
    t.same(await noted(), [])
    t.same(await other.noted([a, b], 'none'), [])
    for (const id of ['a', 'b']) await store.dropNote(noteIn(a, { id }))
    t.same(await noted(a, b, c), [c])
  })

  await t.test('notes of two tenants are two', async t => {
    const [a, b] = [desk(), desk()]
    await a.store.keepNote(noteIn(a.tenant, { tags: ['t'] }))
    t.equal(await a.store.keepNote(noteIn(b.tenant, { tags: ['t'] })), 1)
    await a.store.dropNotes(a.tenant, 'session', 't')
    t.ok(await a.store.note(noteIn(b.tenant)))
  })
}
