import type { Test } from 'tap'
import type { Store } from '../../../src/store/port.ts'
import { committed, made, openDesk, type Place, times } from '../place.ts'

/** Half of the writers use one handle, half another: two processes on one store. */
export async function races(t: Test, place: Place, other: Store): Promise<void> {
  const handles = [place.store, other] as const
  const handle = (index: number): Store => handles[index % 2 === 0 ? 0 : 1]

  await t.test('of 32 writers that expect the same version, exactly one wins', async t => {
    const { put, one, tenant, store, key } = openDesk(place)
    const rounds = 10
    await one(put('a'))
    for (let version = 1; version <= rounds; version++) {
      const writes = times(32, writer => [put('a', { when: { version }, body: { language: `w${writer}` } })])
      const outcomes = await Promise.all(writes.map((write, at) => handle(at).commit({ tenant, writes: write })))
      t.equal(outcomes.filter(({ ok }) => ok).length, 1)
      const winner = made(outcomes.flatMap(outcome => (outcome.ok ? outcome.versions : []))[0])
      t.equal(winner.version, version + 1)
      t.same(await store.read(key('a')), winner)
      t.same(await other.read(key('a')), winner, 'in the other handle too')
      for (const outcome of outcomes) {
        if (!outcome.ok) t.match(outcome.because, { why: 'condition', at: 0, current: { version: version + 1 } })
      }
    }
  })

  await t.test('of 32 writers that find it absent, exactly one creates', async t => {
    const { put, tenant } = openDesk(place)
    const writes = times(32, () => [put('a', { when: 'absent' })])
    const outcomes = await Promise.all(writes.map((write, at) => handle(at).commit({ tenant, writes: write })))
    t.equal(outcomes.filter(({ ok }) => ok).length, 1)
  })

  await t.test('32 unconditional writers of one resource make versions 1 to 32', async t => {
    const { put, tenant, store, key, end } = openDesk(place)
    const outcomes = await Promise.all(
      times(32, at => handle(at).commit({ tenant, writes: [put('a', { body: { language: `w${at}` } })] })),
    )
    const made32 = outcomes.flatMap(outcome => committed(outcome).versions.map(made))
    const versions = made32.sort((a, b) => a.version - b.version)
    t.same(
      versions.map(({ version }) => version),
      times(32, index => index + 1),
    )
    const query = { ...key('a'), order: 'oldest', until: await end(), limit: 100 } as const
    t.same((await store.history(query)).versions, versions)
    const steps = versions.map((version, at) => at === 0 || version.seq > made(versions[at - 1]).seq)
    t.ok(steps.every(Boolean), 'seq rises in version order')
  })

  await t.test('of 32 commits with one generation of a claim, exactly one wins', async t => {
    const { put, tenant, store } = openDesk(place)
    for (const generation of [0, 1, 2]) {
      const outcomes = await Promise.all(
        times(32, at =>
          handle(at).commit({ tenant, writes: [put(`g${generation}-${at}`)], claims: [{ key: 'name=x', generation }] }),
        ),
      )
      t.equal(outcomes.filter(({ ok }) => ok).length, 1)
      for (const outcome of outcomes) if (!outcome.ok) t.same(outcome.because, { why: 'claim', key: 'name=x' })
      t.equal(await store.generation(tenant, 'name=x'), generation + 1)
      t.equal(await other.generation(tenant, 'name=x'), generation + 1)
    }
  })

  await t.test('of 32 commits with one receipt, exactly one happens and the rest learn of it', async t => {
    const { put, tenant } = openDesk(place)
    const receipt = { key: 'me 1', fingerprint: 'f', note: '{"status":201}' }
    const outcomes = await Promise.all(times(32, at => handle(at).commit({ tenant, writes: [put(`r${at}`)], receipt })))
    const winners = outcomes.filter(outcome => outcome.ok)
    t.equal(winners.length, 1)
    for (const outcome of outcomes) {
      if (!outcome.ok) t.same(outcome.because, { why: 'receipt', was: receipt, versions: winners[0]?.versions })
    }
  })

  await t.test('of 32 that want a lease, exactly one holds it', async t => {
    const { tenant } = openDesk(place)
    const leases = await Promise.all(times(32, at => handle(at).acquire(tenant, 'job', `owner-${at}`, 1000)))
    t.equal(leases.filter(lease => lease !== undefined).length, 1)
  })

  await t.test('both handles share a secret, whoever asks first', async t => {
    const secrets = await Promise.all(times(16, at => handle(at).secret('cursor')))
    t.equal(secrets[0]?.byteLength, 32)
    for (const secret of secrets) t.same(Buffer.from(secret), Buffer.from(secrets[0] as Uint8Array))
    t.notSame(Buffer.from(await place.store.secret('another')), Buffer.from(secrets[0] as Uint8Array))
    t.same(Buffer.from(await other.secret('cursor')), Buffer.from(secrets[0] as Uint8Array), 'and it lasts')
  })

  await t.test('transactions over the same resources in opposite order all come to an end', async t => {
    const { put, tenant, store, key } = openDesk(place)
    const ids = times(8, index => `x${index}`)
    const outcomes = await Promise.all(
      times(24, at => {
        const order = at % 3 === 0 ? ids : [...ids].reverse()
        return handle(at).commit({ tenant, writes: order.map(id => put(id, { body: { language: `w${at}` } })) })
      }),
    )
    t.ok(outcomes.every(({ ok }) => ok))
    const found = await store.readAll(ids.map(id => key(id)))
    t.same(new Set(found.map(version => version?.version)), new Set([24]))
    t.equal(new Set(found.map(version => version?.json?.match(/"w\d+"/)?.[0])).size, 1, 'all from the last one')
  })
}
