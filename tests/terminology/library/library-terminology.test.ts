import t from 'tap'
import type { Catalog, Entry } from '../../../src/terminology/library/catalog.ts'
import type { LibraryFile } from '../../../src/terminology/library/library-file.ts'
import { libraryTerminology } from '../../../src/terminology/library/library-terminology.ts'

const edition = 'http://t/edition'
const entry = { system: 'http://t/s', version: '1', edition } as Entry

/** A catalog of one file, and the versions that it was asked for. */
function catalog() {
  const asked: (string | undefined)[] = []
  const find: Catalog['find'] = (_tenant, _system, version) => {
    asked.push(version)
    return { facts: { version: '1' } } as LibraryFile
  }
  return { asked, find, list: () => [entry] }
}

t.test('a file answers by its version, by its edition and by default, and is looked for once', async t => {
  const { asked, ...given } = catalog()
  const terminology = libraryTerminology(given, 'a')
  for (const version of ['1', edition, undefined, '1', edition, undefined]) {
    t.equal(terminology.codeSystem('http://t/s', version)?.facts.version, '1')
  }
  t.same(asked, ['1', edition, undefined])
})

t.test('versions that clients make up are not looked for, and nothing is remembered of them', async t => {
  const { asked, ...given } = catalog()
  const terminology = libraryTerminology(given, 'a')
  t.equal(terminology.codeSystem('http://t/s', 'made up'), undefined)
  t.equal(terminology.codeSystem('http://t/other', '1'), undefined)
  t.same(asked, [])
})
