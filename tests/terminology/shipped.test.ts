import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t, { type Test } from 'tap'
import { indexFile, printIndex, shippedTerminology } from '../../src/terminology/shipped.ts'

const codeSystem = {
  resourceType: 'CodeSystem',
  url: 'http://t/s',
  version: '1',
  content: 'fragment',
  valueSet: 'http://t/vs',
}

/** Files of these contents, by path. */
function folderOf(t: Test, files: Readonly<Record<string, unknown>>): URL {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-shipped-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return pathToFileURL(`${folder}/`)
}

function indexed(folder: URL): URL {
  writeFileSync(new URL(indexFile, folder), printIndex(folder))
  return folder
}

t.test('the index is what its files give', async t => {
  const index = readFileSync(new URL(`../../terminology/${indexFile}`, import.meta.url), 'utf8')
  t.ok(printIndex() === index, 'otherwise run: npm run gen')
})

t.test('resources are found by their headers, and read when they are asked for', async t => {
  const map = { resourceType: 'ConceptMap', url: 'http://t/map' }
  const folder = indexed(folderOf(t, { 'deep/er/s.json': codeSystem, 'map.json': map, 'README.md': '# no resource' }))
  const [system, other, ...more] = shippedTerminology(folder)
  t.same(more, [])
  t.same(system?.header, codeSystem)
  t.same(system?.read(), codeSystem)
  t.same(other?.header, map)
  rmSync(new URL('map.json', folder))
  t.same(shippedTerminology(folder)[1]?.header, map)
  t.throws(() => other?.read(), /ENOENT/)
})

t.test('where nothing was indexed there is nothing', async t => {
  t.same(shippedTerminology(folderOf(t, { 's.json': codeSystem })), [])
})

const mistakes: [string, Readonly<Record<string, unknown>>, RegExp][] = [
  ['is another resource', { 'p.json': { resourceType: 'Patient' } }, /terminology\/p\.json: expected a CodeSystem/],
  ['has no url', { 'a/s.json': { resourceType: 'ValueSet' } }, /terminology\/a\/s\.json: expected .* with a url/],
  ['is no resource', { 's.json': [1] }, /terminology\/s\.json: expected a resource/],
  [
    'is defined twice',
    { 'a.json': codeSystem, 'b.json': codeSystem },
    /b\.json: CodeSystem http:\/\/t\/s\|1 is in a\.json/,
  ],
]
for (const [name, files, message] of mistakes) {
  t.test(`a file that ${name} is refused`, async t => {
    t.throws(() => printIndex(folderOf(t, files)), message)
  })
}
