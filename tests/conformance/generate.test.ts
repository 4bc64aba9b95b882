import { readFileSync } from 'node:fs'
import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { artifacts } from '../../src/conformance/generate/generate.ts'

const { shapes } = loadDefinitions()
const sizes: Readonly<Record<string, number>> = {
  'r4.generated.json': 1_000_000,
  'structures.generated.json': 1_700_000,
  'value-sets.generated.json': 150_000,
  'terminology.generated.json': 2_000_000,
}
/** What is packed cannot be read in a diff anyway. */
const longest = (name: string): number => (name.startsWith('terminology') ? 130_000 : 4_500)

for (const [name, print] of Object.entries(artifacts)) {
  const artifact = readFileSync(new URL(`../../src/conformance/${name}`, import.meta.url), 'utf8')

  t.test(`${name} is what the definitions give`, async t => {
    t.ok(print() === artifact, 'otherwise run: npm run gen')
  })

  t.test(`${name} says on its first line that it is generated, and stays small`, async t => {
    t.match(artifact.split('\n', 1)[0], /generated.*generate\.ts.*do not edit/)
    t.ok(JSON.parse(artifact))
    t.ok(artifact.length < (sizes[name] ?? 0))
    t.ok(
      artifact.split('\n').every(line => line.length < longest(name)),
      'one definition or element per line',
    )
  })
}

/** The R4 model of another project, derived from HL7's own download: the definitions package has been added to. */
function model(name: string): Record<string, unknown> & string[] {
  const at = new URL(
    `r4/${name}.json`,
    import.meta.resolve('fhirpath/fhir-context/r4/index.js').replace(/r4\/[^/]*$/, ''),
  )
  return JSON.parse(readFileSync(at, 'utf8'))
}

t.test('elements, repetitions and choices are those of an independent model of R4', async t => {
  const types = model('path2Type')
  const choices = model('choiceTypePaths')
  const elsewhere = model('pathsDefinedElsewhere')
  const repeating = new Set<string>(model('path2Repeating'))

  const names = new Set<string>()
  const visit = (name: string): void => {
    if (names.has(name) || !shapes.shape(name)) return
    names.add(name)
    for (const { type } of shapes.shape(name)?.elements.values() ?? []) visit(type)
  }
  for (const type of [...shapes.resourceTypes, 'Parameters']) visit(type)

  const ours = [...names].flatMap(name => [...(shapes.shape(name)?.elements.values() ?? [])])
  const paths = new Set(ours.map(({ path }) => path.replace('[x]', '')))
  const strange = [...paths].filter(path => !(path in types || path in choices || path in elsewhere))
  t.same(
    strange.filter(path => !/\.(id|extension)$/.test(path)),
    [],
    'nothing of ours is unknown to it',
  )

  const isValue = (path: string): boolean => /^[a-z]\w+\.(value|extension)$/.test(path)
  const known = Object.keys(types).filter(path => names.has(path.slice(0, path.lastIndexOf('.'))) && !isValue(path))
  const properties = new Set(
    names.values().flatMap(name => [...(shapes.shape(name)?.elements.keys() ?? [])].map(key => `${name}.${key}`)),
  )
  t.same(
    known.filter(path => !properties.has(path) && !paths.has(path)),
    [],
    'nothing of it is unknown to us',
  )
  t.ok(known.length > 8000)

  const differing = ours.filter(({ path, max, choice }) => !choice && path in types && max > 1 !== repeating.has(path))
  t.same(
    differing.map(({ path }) => path),
    [],
    'the same elements repeat',
  )
})
