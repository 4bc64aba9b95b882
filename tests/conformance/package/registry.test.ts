import t from 'tap'
import { type Fetch, registrySource } from '../../../src/conformance/package/registry.ts'
import { pack } from './pack.ts'

// What goes over a real socket is in tests/outlets.test.ts.

function fetching(dist: object): Fetch {
  const listing = JSON.stringify({ versions: { '1.0.0': { dist }, '../x': {} } })
  return async url => (url === 'https://r.test/a' ? Buffer.from(listing) : pack({ name: 'a', version: '1.0.0' }))
}

t.test('a registry with encryption may not send us to one without, unless a checksum holds it', async t => {
  const bare = registrySource('https://r.test', fetching({ tarball: 'http://other.test/a.tgz' }))
  await t.rejects(bare.open('a', '1.0.0'), { message: /without encryption and without a checksum/ })
  const held = registrySource('https://r.test', fetching({ tarball: 'http://other.test/a.tgz', shasum: '00' }))
  await t.rejects(held.open('a', '1.0.0'), { message: /its checksum promises/ })
  t.ok(await registrySource('https://r.test', fetching({ tarball: 'https://other.test/a.tgz' })).open('a', '1.0.0'))
})

t.test('a version that is no version is not offered', async t => {
  t.strictSame(await registrySource('https://r.test', fetching({})).versions('a'), ['1.0.0'])
})
