import t from 'tap'
import { readContents, resourcesOf } from '../../../src/conformance/package/contents.ts'
import { packaged, packagedId } from '../../../src/conformance/package/packaged.ts'
import { unpack } from '../../../src/conformance/package/unpack.ts'
import { error } from '../../../src/fhir/issue.ts'
import { type File, files, tgz, valueSet } from './pack.ts'

const manifest = { name: 'example.one', version: '1.0.0' }
const fine = () => []
const of = (list: readonly File[]) => () => unpack([tgz(list)])
const turn = async (): Promise<void> => {}
const read = (list: readonly File[], check = fine) => readContents(of(list), check, turn)

t.test('definitions are taken, examples counted, all else passed over', async t => {
  const contents = await read([
    ...files(manifest, [
      valueSet('a'),
      { resourceType: 'NamingSystem', id: 'n' },
      { resourceType: 'Patient', id: 'p' },
    ]),
    { name: 'package/example/Patient-q.json', body: '{"resourceType":"Patient","id":"q"}' },
    { name: 'package/examples/ValueSet-a.json', body: JSON.stringify(valueSet('a')) },
    { name: 'package/example/broken.json', body: '{' },
    { name: 'package/example/.index.json', body: '{' },
    { name: 'package/example/deeper/Patient-r.json', body: '{' },
    { name: 'package/.index.json', body: '{"resourceType":"ValueSet"' },
    { name: 'package/ig-r4.json', body: '{"resourceType":"ImplementationGuide"}' },
    { name: 'package/settings.json', body: '{"a":1}' },
    { name: 'package/other/spec.json', body: 'no json' },
    { name: 'package/xml/a.xml', body: '<a/>' },
    { name: 'other/ValueSet-b.json', body: JSON.stringify(valueSet('b')) },
  ])
  t.strictSame(
    contents.items.map(({ path, type, id }) => [path, type, id]),
    [
      ['package/ValueSet-a.json', 'ValueSet', 'a'],
      ['package/NamingSystem-n.json', 'NamingSystem', 'n'],
    ],
  )
  t.strictSame(contents.examples, [
    'package/Patient-p.json',
    'package/example/Patient-q.json',
    'package/examples/ValueSet-a.json',
    'package/example/broken.json',
  ])
  t.equal(contents.guide, undefined)
})

t.test("the package's own guide is told from others", async t => {
  const guide = (id: string, packageId: string) => ({ resourceType: 'ImplementationGuide', id, packageId })
  const contents = await read(files(manifest, [guide('own', 'example.one'), guide('other', 'example.two')]))
  t.equal(contents.guide?.id, 'own')
  t.strictSame(
    contents.items.map(({ id }) => id),
    ['other'],
  )
})

t.test('what is wrong in any file refuses the package, with the name of the file', async t => {
  const wrong = [
    ...files(manifest, [valueSet('a')]),
    { name: 'package/broken.json', body: '{"resourceType":"ValueSet",\n "id" "x"}' },
    { name: 'package/twin.json', body: JSON.stringify(valueSet('a')) },
    { name: 'package/nameless.json', body: '{"resourceType":"CodeSystem"}' },
  ]
  t.match(await read(wrong).catch(error => error), {
    status: 422,
    issues: [
      { diagnostics: /^package\/broken.json: .*line 2/ },
      { diagnostics: 'package/twin.json: ValueSet/a is in package/ValueSet-a.json too' },
      { diagnostics: 'package/nameless.json: the CodeSystem has no id', expression: 'CodeSystem.id' },
    ],
  })
})

t.test('each definition is checked, warnings let it pass', async t => {
  const check = (resource: { readonly id?: string }) => [
    { ...error('value', 'bad'), severity: resource.id === 'bad' ? ('error' as const) : ('warning' as const) },
  ]
  t.equal((await readContents(of(files(manifest, [valueSet('good')])), check, turn)).items.length, 1)
  t.match(
    await readContents(of(files(manifest, [valueSet('good'), valueSet('bad')])), check, turn).catch(error => error),
    {
      issues: [{ diagnostics: 'package/ValueSet-bad.json: bad' }],
    },
  )
})

t.test('of a thousand errors a hundred are told', async t => {
  const list = Array.from({ length: 1_000 }, (_, n) => ({ name: `package/${n}.json`, body: '{' }))
  const { issues } = await read([...files(manifest, []), ...list]).catch(error => error)
  t.equal(issues.length, 100)
})

t.test('the digest tells contents apart, but not the order of files', async t => {
  const [head, a, b] = files(manifest, [valueSet('a'), valueSet('b')]) as [File, File, File]
  const first = await read([head, a, b])
  t.equal((await read([b, a, head])).digest, first.digest)
  t.not((await read([head, a])).digest, first.digest)
  t.not((await read([head, a, { ...b, body: `${b.body} ` }])).digest, first.digest)
})

t.test('a manifest of another FHIR is told before the faults of its files', async t => {
  const list = files({ ...manifest, fhirVersions: ['5.0.0'] }, [])
  await t.rejects(read([...list, { name: 'package/x.json', body: '{' }]), { message: /made for FHIR 5.0.0/ })
})

t.test('what changes between two readings is not stored', async t => {
  const before = files(manifest, [valueSet('a')])
  const { items } = await read(before)
  const taken = async (list: readonly File[]) => {
    const ids: unknown[] = []
    for await (const { id } of resourcesOf(of(list), items, turn)) ids.push(id)
    return ids
  }
  t.strictSame(await taken(before), ['a'])
  const changed = before.map(file => ({ ...file, body: String(file.body).replace('active', 'draft') }))
  await t.rejects(taken(changed), { status: 409, message: /'package\/ValueSet-a.json' was changed/ })
  await t.rejects(taken(before.slice(0, 1)), { message: /was changed/ })
})

t.test('a stored definition has an id of its own, its source, and a version', async t => {
  const stored = packaged({ resourceType: 'ValueSet', id: 'a', meta: { profile: ['x'] }, url: 'u' }, manifest)
  t.strictSame(stored, {
    resourceType: 'ValueSet',
    id: packagedId(manifest, 'a'),
    meta: { profile: ['x'], source: 'package:example.one#1.0.0' },
    url: 'u',
    version: '1.0.0',
  })
  t.equal(packaged({ resourceType: 'ValueSet', id: 'a', version: '7' }, manifest)['version'], '7')
  t.equal(packaged({ resourceType: 'NamingSystem', id: 'a' }, manifest)['version'], undefined)
})

t.test('ids are stable, legal, and differ where anything differs', async t => {
  const names = [
    { name: 'a', version: '1.0.0' },
    { name: 'a', version: '1.0.0-b' },
    { name: 'a-1.0.0', version: 'b' },
    { name: 'a', version: '1.0.0+b' },
    { name: 'n'.repeat(100), version: '1' },
    { name: 'n'.repeat(100), version: '2' },
  ]
  const ids = names.flatMap(name => ['x', 'b-x', 'y'.repeat(64)].map(id => packagedId(name, id)))
  t.equal(new Set(ids).size, ids.length)
  for (const id of ids) t.match(id, /^[A-Za-z0-9.-]{1,64}$/)
  t.equal(
    packagedId({ name: 'hl7.fhir.us.core', version: '3.1.1' }, 'us-core-patient'),
    packagedId({ name: 'hl7.fhir.us.core', version: '3.1.1' }, 'us-core-patient'),
  )
  t.match(
    packagedId({ name: 'hl7.fhir.us.core', version: '3.1.1' }, 'us-core-patient'),
    /^hl7.fhir.us.core-3.1.1-us-core-patient-[0-9a-f]{12}$/,
  )
})
