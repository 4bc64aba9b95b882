/** Kiln's own profiles: they stand on R4, take their valid examples, and find in each invalid one what is told beside it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { ownProfiles, profileFiles } from '../../src/conformance/profiles.ts'
import { loadStructures, withOwn } from '../../src/conformance/structures.ts'
import { loadValueSets } from '../../src/conformance/value-sets.ts'
import type { Issue } from '../../src/fhir/issue.ts'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import type { Codes } from '../../src/validation/codes.ts'
import { openInvariants } from '../../src/validation/invariants.ts'
import { compileValidator } from '../../src/validation/profile/validate.ts'
import { compileStructure } from '../../src/validation/structure.ts'

type Expected = Pick<Issue, 'severity' | 'code' | 'expression' | 'key'> & { readonly why: string }

const { shapes } = loadDefinitions()
const isFormed = compileStructure(shapes)
const valueSets = loadValueSets()
const profiles = ownProfiles()
const structures = withOwn(loadStructures(), profiles)

const compileInvariant = openInvariants(shapes)

const codes: Codes = {
  validate({ valueSet, system, code }) {
    const known = valueSets.codesOf(valueSet)
    if (known === undefined) return 'unknown value set'
    return known.has(system, code) === false ? 'out' : 'in' // what nobody lists (currencies, MIME types …) is taken to be right
  },
}

const validator = compileValidator({ structures, compileInvariant })
const validate = (resource: Resource) =>
  validator(resource, { profiles: 'claimed', codes, targets: { find: () => 'absent' }, bestPractice: 'off' })

const examples = new URL('../../profiles/examples/', import.meta.url)

function read<T>(path: string): T {
  return parseJson(readFileSync(new URL(path, examples))) as T
}

t.test('each profile is a well-formed StructureDefinition that keeps R4’s rules', async t => {
  for (const { name, content } of profileFiles()) {
    const resource = content as Resource
    t.same([...isFormed(resource, 'StructureDefinition'), ...validate(resource)], [], name)
    t.equal(name, `StructureDefinition-${resource.id}.json`)
    t.equal(resource['url'], `https://kiln.example/fhir/StructureDefinition/${resource.id}`)
  }
})

t.test('each snapshot is made without faults', async t => {
  for (const { url, baseDefinition } of profiles) {
    t.same(structures.faults(url), [], url)
    t.ok(structures.find(url)?.snapshot?.element.length, url)
    t.ok(structures.find(baseDefinition ?? ''), `${url} stands on ${baseDefinition}`)
  }
})

t.test('constraints have keys of their own', async t => {
  const keys = profiles.flatMap(({ differential }) =>
    (differential?.element ?? []).flatMap(({ constraint = [] }) => constraint.map(({ key }) => key)),
  )
  t.ok(keys.length > 0)
  t.same(
    keys.filter((key, index) => keys.indexOf(key) !== index || !/^kiln-[a-z]+-\d$/.test(key)),
    [],
  )
})

/** Extensions are shown where they stand. */
const ofResources = profiles.filter(({ type }) => type !== 'Extension')

t.test('there are examples of every profile, and of nothing else', async t => {
  t.same(readdirSync(examples).sort(), ofResources.map(({ url }) => url.split('/').at(-1)).sort())
})

for (const { url, type } of ofResources) {
  const name = url.split('/').at(-1) ?? ''
  t.test(`the examples of ${name}`, async t => {
    const files = readdirSync(new URL(`${name}/`, examples)).filter(file => file !== 'expected.json')
    const expected = read<Readonly<Record<string, readonly Expected[]>>>(`${name}/expected.json`)
    t.ok(files.some(file => file.startsWith('valid-')) && files.filter(file => file.startsWith('invalid-')).length > 1)
    t.same(
      Object.keys(expected).filter(file => !files.includes(file)),
      [],
      'nothing is expected of files that are not there',
    )
    for (const file of files) {
      const resource = read<Resource>(`${name}/${file}`)
      t.match(resource, { resourceType: type, id: file.replace('.json', ''), meta: { profile: [url] } })
      t.same(isFormed(resource, type), [], `${file} is well-formed`)
      const found = validate(resource)
      const wanted = expected[file] ?? []
      t.same(found.map(told), wanted.map(told), file) || t.comment(JSON.stringify(found, null, 1))
      t.ok(wanted.every(({ why }) => why.length > 0))
      if (file.startsWith('invalid-')) t.ok(wanted.length > 0, `${file} has something wrong with it`)
      else t.notOk(found.some(({ severity }) => severity === 'error'))
    }
  })
}

function told({ severity, code, expression, key }: Omit<Expected, 'why'>): object {
  return { severity, code, expression, ...(key === undefined ? {} : { key }) }
}

t.test('the package says what it is', async t => {
  t.match(read('../package.json'), {
    name: 'kiln.profiles',
    version: '0.1.0',
    fhirVersions: ['4.0.1'],
    canonical: 'https://kiln.example/fhir',
  })
  for (const { version } of profiles) t.equal(version, '0.1.0')
})

t.test('a folder of other content', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const url = pathToFileURL(`${folder}/`)
  t.same(ownProfiles(pathToFileURL(join(folder, 'never-there/'))), [])
  writeFileSync(join(folder, 'README.md'), '# x')
  writeFileSync(join(folder, 'package.json'), '{}')
  mkdirSync(join(folder, 'examples.json'))
  t.same(ownProfiles(url), [], 'what is no definition is passed over')
  for (const [text, message] of [
    ['{"resourceType":"Patient"}', 'profiles/a.json: expected a StructureDefinition'],
    ['[]', 'profiles/a.json: expected a StructureDefinition'],
    ['{', /^profiles\/a.json: /],
  ] as const) {
    writeFileSync(join(folder, 'a.json'), text)
    t.throws(() => ownProfiles(url), { name: 'BadDefinitions', message })
  }
})
