import t from 'tap'
import { compareVersions, splitCanonical } from '../../src/conformance/version.ts'

t.test('versions are ordered as semver has it, for any number of parts', async t => {
  const ordered = [
    ...['', '0.9', '1', '1.0', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2'],
    ...['1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.2.0', '1.10.0', '2.0.0-ballot', '2.0.0', '4.0.1', '2018-08-12'],
    ...['20181101', 'draft'],
  ]
  for (const [at, version] of ordered.entries()) {
    t.equal(compareVersions(version, version), 0, version)
    for (const later of ordered.slice(at + 1)) {
      t.ok(compareVersions(version, later) < 0, `${version} before ${later}`)
      t.ok(compareVersions(later, version) > 0, `${later} after ${version}`)
    }
  }
  t.equal(compareVersions(undefined, ''), 0)
  t.ok(compareVersions(undefined, '0') < 0)
})

t.test('a canonical is a url and perhaps a version', async t => {
  t.same(splitCanonical('http://example.org/a|1.0'), { url: 'http://example.org/a', version: '1.0' })
  t.same(splitCanonical('http://example.org/a'), { url: 'http://example.org/a', version: undefined })
})
