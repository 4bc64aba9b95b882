import t from 'tap'
import type { PropertyValue } from '../../../src/terminology/code-system.ts'
import { ConceptSet } from '../../../src/terminology/concept-set.ts'
import type { Build } from '../../../src/terminology/library/build.ts'
import type { LibraryFile } from '../../../src/terminology/library/library-file.ts'
import { fc } from '../../property.ts'
import { above, known, type Rows, searched } from './naive.ts'
import { built, facts, libraryFolder } from './shelf-folder.ts'

t.setTimeout(240_000)

/** Few letters, so that words share beginnings, and some that are folded or lie outside of the first plane. */
const word = fc.string({ unit: fc.constantFrom('a', 'b', 'B', 'á', 'ß', '漢', '𐐷'), minLength: 1, maxLength: 5 })
const text = fc.array(word, { maxLength: 4, size: 'max' }).map(words => words.join(' '))
const code = fc.constantFrom(...Array.from({ length: 24 }, (_, n) => `c${n}`), 'ä', 'Ä', '漢')
const missing = fc.constantFrom('nowhere', 'x1')
const mention = fc.oneof({ weight: 30, arbitrary: code }, { weight: 1, arbitrary: missing })
const language = fc.constantFrom('en', 'en-US', 'de', undefined)
const value = fc.oneof(
  text,
  fc.nat(3),
  fc.boolean(),
  fc.record({ system: text, code: word, display: word }, { requiredKeys: ['code'] }),
)

/** `max`: else there are seldom more than ten of anything. */
const rows: fc.Arbitrary<Rows> = fc.record({
  concepts: fc.array(
    fc.record(
      { code, display: text, definition: text, inactive: fc.boolean(), abstract: fc.boolean() },
      { requiredKeys: ['code'] },
    ),
    { maxLength: 40, size: 'max' },
  ),
  designations: fc.array(
    fc
      .record({ code: mention, language, value: text, use: fc.option(fc.record({ code: word }), { nil: undefined }) })
      .map(({ code, language, value, use }) => ({ code, value, ...(language && { language }), ...(use && { use }) })),
    { maxLength: 80, size: 'max' },
  ),
  properties: fc.array(fc.record({ code: mention, property: fc.constantFrom('p', 'q'), value }), {
    maxLength: 40,
    size: 'max',
  }),
  edges: fc.array(fc.record({ child: mention, parent: mention }), { maxLength: 50, size: 'max' }),
  relations: fc.array(
    fc.record({
      source: mention,
      group: fc.nat(2),
      type: fc.constantFrom('c1', 'c2', 'c3'),
      value: fc.oneof(
        mention.map(code => ({ code })),
        fc.constantFrom('#5', '"t"'),
      ),
    }),
    { maxLength: 30, size: 'max' },
  ),
  members: fc.array(
    fc.record(
      { refset: fc.constantFrom('c4', 'c5'), member: mention, fields: fc.record({ map: text }) },
      { requiredKeys: ['refset', 'member'] },
    ),
    { maxLength: 20, size: 'max' },
  ),
})

function tell(folder: string, all: Rows) {
  return built(folder, build => {
    // What is told of a concept may come before the concept.
    build.designations(all.designations)
    build.edges(all.edges)
    build.properties(all.properties)
    build.concepts(all.concepts)
    build.relations(all.relations)
    build.members(all.members)
  })
}

/** The steps that were left out, by what was told of them. */
function closing(problems: readonly { kind: string; text: string }[]): Set<string> {
  const ways = problems
    .filter(({ kind }) => kind === 'cycle')
    .map(({ text }) => /: (.*) \(/.exec(text)?.[1]?.split(' → '))
  return new Set(ways.map(way => way?.slice(-2).join(' ') ?? ''))
}

const codesOf = (file: LibraryFile, concepts: Iterable<number>): string[] =>
  Array.from(concepts, n => file.code(n)).sort()
const sorted = (codes: Iterable<string>): string[] => [...new Set(codes)].sort()

t.test('it answers what its rows say', async t => {
  const folder = libraryFolder(t)
  fc.assert(
    fc.property(rows, all => {
      const { file, problems } = tell(folder, all)
      const left = closing(problems)
      const model = known(all, left)
      for (const pair of left) {
        const [child = '', parent = ''] = pair.split(' ')
        t.ok(above(all.edges, parent).has(child) || child === parent, 'what was left out closed a circle')
      }
      t.equal(file.size, model.concepts.length)
      t.same(
        Array.from({ length: file.size }, (_, n) => file.code(n)),
        model.concepts.map(({ code }) => code),
      )
      t.equal(file.find('nowhere'), undefined)
      for (const [n, { code, display, definition, inactive = false, abstract = false }] of model.concepts.entries()) {
        t.same([file.find(code), file.display(n), file.definition(n)], [n, display, definition])
        t.same([file.inactive(n), file.abstract(n)], [inactive, abstract])
        const designations = model.designations.filter(one => one.code === code).map(({ code: _, ...rest }) => rest)
        t.same(file.designations(n), designations)
        const properties = model.properties.filter(one => one.code === code)
        t.same(
          file.properties(n),
          properties.map(({ property, value }) => ({ code: property, value })),
        )
        const ancestors = above(model.edges, code)
        t.notOk(ancestors.has(code), 'nothing is above itself')
        t.same(codesOf(file, file.ancestors(n)), sorted(ancestors))
        t.same(codesOf(file, file.parents(n)), sorted(model.edges.filter(e => e.child === code).map(e => e.parent)))
        t.same(codesOf(file, file.children(n)), sorted(model.edges.filter(e => e.parent === code).map(e => e.child)))
        const below = model.concepts.map(one => one.code).filter(one => above(model.edges, one).has(code))
        t.same(codesOf(file, file.descendants(n)), sorted(below))
        for (const [m, other] of model.concepts.entries()) {
          t.equal(file.isA(n, m), n === m || ancestors.has(other.code))
        }
      }
      file.close()
    }),
    { numRuns: 40 },
  )
})

t.test('it finds by property, by attribute and by membership', async t => {
  const folder = libraryFolder(t)
  fc.assert(
    fc.property(
      rows,
      fc.array(code, { size: 'max', maxLength: 9 }),
      fc.array(code, { size: 'max', maxLength: 9 }),
      (all, types, values) => {
        const { file } = tell(folder, all)
        const model = known(all, new Set())
        const set = (codes: readonly string[]) =>
          ConceptSet.of(
            file.size,
            codes.map(one => file.find(one) ?? -1).filter(n => n >= 0),
          )
        const keys = (value: PropertyValue['value']): readonly string[] =>
          typeof value === 'object' && 'code' in value ? [value.code, value.display ?? value.code] : [String(value)]
        for (const property of ['p', 'q', 'none']) {
          const holders = model.properties.filter(one => one.property === property)
          t.same(codesOf(file, file.having(property)), sorted(holders.map(({ code }) => code)))
          for (const { value } of model.properties) {
            for (const key of keys(value)) {
              const these = holders.filter(one => keys(one.value).includes(key))
              t.same(codesOf(file, file.having(property, key)), sorted(these.map(({ code }) => code)))
            }
          }
        }
        const isOne = (codes: readonly string[], code: string): boolean => codes.includes(code)
        const of = (some: Rows['relations']) => sorted(some.map(({ source }) => source))
        const coded = ({ value }: Rows['relations'][number]): string => (typeof value === 'string' ? '' : value.code)
        t.same(codesOf(file, file.sources(undefined, undefined)), of(model.relations))
        t.same(
          codesOf(file, file.sources(set(types), undefined)),
          of(model.relations.filter(one => isOne(types, one.type))),
        )
        t.same(
          codesOf(file, file.sources(undefined, set(values))),
          of(model.relations.filter(one => isOne(values, coded(one)))),
        )
        t.same(
          codesOf(file, file.sources(set(types), set(values))),
          of(model.relations.filter(one => isOne(types, one.type) && isOne(values, coded(one)))),
        )
        for (const [n, { code }] of model.concepts.entries()) {
          const own = model.relations.filter(({ source }) => source === code).toSorted((a, b) => a.group - b.group)
          const told = file.attributes(n).map(({ group, type, value }) => ({
            source: code,
            group,
            type: file.code(type),
            value: typeof value === 'number' ? { code: file.code(value) } : value,
          }))
          t.same(told, own)
          const members = model.members.filter(({ refset }) => refset === code)
          t.same(codesOf(file, file.members(n)), sorted(members.map(({ member }) => member)))
          for (const [m, { code: member }] of model.concepts.entries()) {
            t.same(
              file.fields(n, m),
              members.flatMap(one => (one.member === member && one.fields ? [one.fields] : [])),
            )
          }
        }
        t.same(codesOf(file, file.refsets()), sorted(model.members.map(({ refset }) => refset)))
        file.close()
      },
    ),
    { numRuns: 40 },
  )
})

t.test('a text leads to what has its words, the best first', async t => {
  const folder = libraryFolder(t)
  const question = fc.record(
    {
      text: fc.oneof(text, code),
      language,
      within: fc.uniqueArray(code, { size: 'max', maxLength: 20 }),
      most: fc.constantFrom(0, 1, 3, 100),
    },
    { requiredKeys: ['text', 'most'] },
  )
  fc.assert(
    fc.property(rows, fc.array(question, { minLength: 30, maxLength: 30 }), (all, questions) => {
      const { file } = tell(folder, all)
      const model = known(all, new Set())
      for (const { text, language, within, most } of questions) {
        const among =
          within &&
          ConceptSet.of(
            file.size,
            within.map(one => file.find(one) ?? -1).filter(n => n >= 0),
          )
        const found = file.search(text, { most, ...(language && { language }), ...(among && { within: among }) })
        const limits = { most, ...(language && { language }), ...(within && { within: new Set(within) }) }
        t.same(
          found.map(n => file.code(n)),
          searched(model, text, limits),
          text,
        )
      }
      file.close()
    }),
    { numRuns: 60 },
  )
})

t.test('beginnings that many words share are found as others are', async t => {
  const words = Array.from({ length: 2_000 }, (_, n) =>
    n
      .toString(6)
      .padStart(5, '0')
      .replaceAll(/\d/g, digit => 'abcdeé'[Number(digit)] ?? ''),
  )
  const concepts = words.map((one, n) => ({ code: `c${n}`, display: `${one} of ${words[(n * 7) % words.length]}` }))
  const { file } = built(libraryFolder(t), build => build.concepts(concepts))
  t.teardown(() => file.close())
  for (const text of ['a', 'é', 'of', 'ab', 'aab ac', 'abcda', 'aé a', 'eea of b', 'zz', 'a zz', 'aaaaa', 'O A']) {
    for (const most of [1, 20, 5_000]) {
      const found = file.search(text, { most }).map(n => file.code(n))
      t.same(found, searched({ concepts, designations: [] }, text, { most }), `${text}, ${most}`)
    }
  }
})

t.test('a text of very many words is an answer, not a burden', async t => {
  const words = Array.from({ length: 50_000 }, (_, n) => `w${n}`).join(' ')
  const { file } = built(libraryFolder(t), build => build.concepts([{ code: 'a', display: words }, { code: 'b' }]))
  t.teardown(() => file.close())
  t.same(file.search(words, { most: 5 }), [0])
  t.same(file.search(`${words} x`.split(' ').reverse().join(' '), { most: 5 }), [], 'one word that nothing has')
})

t.test('codes are compared in the case rules of the system', async t => {
  const concepts = [{ code: 'Ab' }, { code: 'ÄB' }, { code: 'aB' }]
  const folder = libraryFolder(t)
  const tell = (build: Build): void => {
    build.concepts(concepts)
    build.properties([
      { code: 'Ab', property: 'p', value: 'Of Text' },
      { code: 'ÄB', property: 'p', value: 'of text' },
      { code: 'ÄB', property: 'p', value: { code: 'Xy', display: 'Of Text' } },
    ])
  }
  const exact = built(folder, tell)
  t.same(
    ['Ab', 'aB', 'ab', 'ÄB'].map(code => exact.file.find(code)),
    [0, 2, undefined, 1],
  )
  t.same([...exact.file.having('p', 'Of Text')], [0, 1])
  t.same([...exact.file.having('p', 'of text')], [1])
  t.same([...exact.file.having('p', 'OF TEXT')], [])
  const loose = built(folder, tell, {
    facts: { ...facts, version: '2', caseSensitive: false },
  })
  t.same(
    ['AB', 'ab', 'äb'].map(code => loose.file.find(code)),
    [0, 0, 1],
  )
  t.same([...loose.file.having('p', 'OF TEXT')], [0, 1])
  t.same([...loose.file.having('p', 'xY')], [1])
  t.equal(loose.file.code(0), 'Ab', 'a code is written as its system writes it')
  t.match(loose.problems, [{ kind: 'duplicate', text: /'ab'/ }])
  t.same(loose.file.search('äB', { most: 9 }), [1], 'a code leads to itself')
  exact.file.close()
  loose.file.close()
})

t.test('an empty code system answers that it has nothing', async t => {
  const { file } = built(libraryFolder(t), () => {})
  t.teardown(() => file.close())
  t.equal(file.size, 0)
  t.equal(file.find(''), undefined)
  t.same(file.search('a', { most: 5 }), [])
  t.ok(file.having('p', 'x').isEmpty)
  t.ok(file.refsets().isEmpty)
  t.ok(file.sources(undefined, undefined).isEmpty)
})

t.test('what was used last stays in memory, and is what it was', async t => {
  const concepts = Array.from({ length: 300 }, (_, n) => ({ code: `${n}` }))
  const edges = Array.from({ length: 299 }, (_, n) => ({ child: `${n + 1}`, parent: `${n}` }))
  const { file } = built(libraryFolder(t), build => {
    build.concepts(concepts)
    build.edges(edges)
  })
  t.teardown(() => file.close())
  for (let round = 0; round < 2; round++) {
    for (let n = 0; n < 300; n++) t.equal(file.descendants(n).count, 299 - n)
  }
  t.equal(file.descendants(5), file.descendants(5), 'it is not made again')
})
