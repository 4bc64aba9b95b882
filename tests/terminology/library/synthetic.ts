/**
 * Releases as large as the real ones and shaped like them, made from numbers alone: the same for the same seed, row by row, so
 * that only the hierarchy is held in memory.
 */
import type { CodeSystemFacts } from '../../../src/terminology/code-system.ts'
import type { Build } from '../../../src/terminology/library/build.ts'
import type {
  ConceptRow,
  DesignationRow,
  EdgeRow,
  MemberRow,
  PropertyRow,
  RelationRow,
} from '../../../src/terminology/library/row.ts'

export type Synthetic = {
  readonly facts: CodeSystemFacts
  concepts(): Iterable<ConceptRow>
  designations(): Iterable<DesignationRow>
  properties(): Iterable<PropertyRow>
  edges(): Iterable<EdgeRow>
  relations(): Iterable<RelationRow>
  members(): Iterable<MemberRow>
}

export function pour(release: Synthetic, build: Build): void {
  build.concepts(release.concepts(), 'concepts')
  build.designations(release.designations(), 'designations')
  build.edges(release.edges(), 'edges')
  build.properties(release.properties(), 'properties')
  build.relations(release.relations(), 'relations')
  build.members(release.members(), 'members')
}

const factsOf = (url: string, version: string): CodeSystemFacts => ({
  url,
  version,
  status: 'active',
  experimental: true,
  content: 'complete',
  caseSensitive: true,
  compositional: false,
  versionNeeded: false,
  hierarchyMeaning: 'is-a',
  language: 'en',
  properties: [],
  filters: [],
})

/** SNOMED CT has 360,000 concepts; everything else follows from how many there are. */
export function snomedLike({ concepts: count, seed = 1, version = '20260101' }: Shape): Synthetic {
  const parents = parentsOf(count, seed)
  const words = vocabulary(seed)
  const code = (n: number): string => `${100_000 + n * 7}00${n % 10}`
  const of = (n: number, what: number): Random => random(seed * 31 + n * 17 + what * 7_919)
  // Each topic has some words of its own, as the parts of a body have; a concept takes most of its words from one.
  const term = (draw: Random, least: number): string => {
    const topic = Math.floor(draw() * 400) * 37
    const size = least + Math.floor(draw() * 4)
    return Array.from({ length: size }, () => {
      const place = draw() < 0.5 ? topic + Math.floor(draw() * 50) : Math.floor(words.length * draw() ** 3)
      return words[place % words.length] ?? ''
    }).join(' ')
  }
  const each = function* <T>(rows: (n: number) => Iterable<T>): Generator<T> {
    for (let n = 0; n < count; n++) yield* rows(n)
  }
  return {
    facts: factsOf('http://snomed.info/sct', `http://snomed.info/sct/900000000000207008/version/${version}`),
    concepts: () =>
      each(function* (n) {
        const draw = of(n, 0)
        yield { code: code(n), display: capital(term(draw, 2)), inactive: draw() < 0.03, line: n + 2 }
      }),
    designations: () =>
      each(function* (n) {
        const draw = of(n, 0)
        const display = capital(term(draw, 2))
        yield { code: code(n), language: 'en', use: fsn, value: `${display} (${kinds[n % kinds.length]})` }
        const more = of(n, 1)
        for (let synonyms = Math.floor(more() * 5.8); synonyms > 0; synonyms--) {
          if (more() < 0.05) yield { code: code(n), language: 'es', use: synonym, value: accented(term(more, 2)) }
          else yield { code: code(n), language: 'en', use: synonym, value: capital(term(more, 1)) }
        }
      }),
    properties: () =>
      each(function* (n) {
        const draw = of(n, 2)
        const month = 1 + Math.floor(draw() * 12)
        const year = 2002 + Math.floor(draw() * 24)
        yield { code: code(n), property: 'effectiveTime', value: `${year}${String(month).padStart(2, '0')}31` }
        yield { code: code(n), property: 'moduleId', value: { code: code(Math.floor(draw() * 3)) } }
        yield { code: code(n), property: 'sufficientlyDefined', value: draw() < 0.3 }
      }),
    edges: () =>
      each(function* (n) {
        for (const parent of parents[n] ?? []) yield { child: code(n), parent: code(parent), line: n + 2 }
      }),
    relations: () =>
      each(function* (n) {
        const draw = of(n, 3)
        for (let left = Math.floor(draw() * 4.7); left > 0; left--) {
          const type = code(Math.min(count - 1, 1 + Math.floor(60 * draw() ** 2)))
          const group = Math.floor(draw() * 3)
          if (draw() < 0.01) yield { source: code(n), group, type, value: `#${Math.floor(draw() * 500)}` }
          else yield { source: code(n), group, type, value: { code: code(Math.floor(count * draw() ** 2)) } }
        }
      }),
    members: () =>
      each(function* (n) {
        const draw = of(n, 4)
        const member = code(n)
        if (draw() < 0.14) yield { refset: code(Math.min(count - 1, 61)), member }
        if (draw() < 0.05) {
          const fields = { mapTarget: `${'ABCDEFG'[n % 7]}${n % 90}.${n % 10}`, mapPriority: '1' }
          yield { refset: code(Math.min(count - 1, 62)), member, fields }
        }
        if (draw() < 0.01) yield { refset: code(Math.min(count - 1, 63 + (n % 8))), member }
      }),
  }
}

/** LOINC has 100,000 terms, and twenty properties of each. */
export function loincLike({ concepts: count, seed = 2, version = '2.80' }: Shape): Synthetic {
  const words = vocabulary(seed)
  const code = (n: number): string => `${n + 1}-${n % 10}`
  const draw = (n: number): Random => random(seed * 131 + n * 29)
  const parts = (n: number): readonly string[] => {
    const next = draw(n)
    const part = (many: number): string => words[Math.floor(many * next() ** 2)] ?? ''
    return [`${part(6_000)} ${part(6_000)}`, part(40), part(10), part(300), part(6), part(200)]
  }
  const own = ['LONG_NAME', 'CONSUMER_NAME']
  const common = ['ORDER_OBS', 'HL7_FIELD', 'UNITS', 'EXAMPLE_UNITS', 'RANK', 'PANEL', 'FORMULA', 'STATUS_REASON']
  const names = ['COMPONENT', 'PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP', 'METHOD_TYP']
  const every = function* <T>(rows: (n: number) => Iterable<T>): Generator<T> {
    for (let n = 0; n < count; n++) yield* rows(n)
  }
  return {
    facts: { ...factsOf('http://loinc.org', version), caseSensitive: false },
    concepts: () =>
      every(function* (n) {
        const [component, property, , system, , method] = parts(n)
        const display = capital(`${component} [${property}] in ${system} by ${method}`)
        yield { code: code(n), display, inactive: n % 25 === 0, line: n + 2 }
      }),
    designations: () =>
      every(function* (n) {
        const all = parts(n)
        yield { code: code(n), use: { code: 'SHORTNAME' }, value: all.slice(0, 3).join(':') }
        yield { code: code(n), language: 'es', value: accented(all.join(' ')) }
        yield { code: code(n), use: { code: 'RELATEDNAMES2' }, value: all.join('; ') }
      }),
    properties: () =>
      every(n => {
        const given = (property: string, value: string | number): PropertyRow => ({ code: code(n), property, value })
        return [
          ...parts(n).map((value, at) => given(names[at] ?? '', value)),
          given('CLASS', words[n % 300] ?? ''),
          given('CLASSTYPE', (n % 4) + 1),
          given('STATUS', n % 25 === 0 ? 'DEPRECATED' : 'ACTIVE'),
          given('VersionLastChanged', `2.${n % 80}`),
          ...own.map(name => given(name, `${words[(n * name.length) % words.length]} ${n % 97}`)),
          ...common.map(name => given(name, `${words[(n * name.length) % 300]} ${n % 3}`)),
        ]
      }),
    edges: () =>
      every(function* (n) {
        if (n > 0) yield { child: code(n), parent: code(Math.floor(n / 9)) }
      }),
    relations: () => [],
    members: () => [],
  }
}

type Shape = { readonly concepts: number; readonly seed?: number; readonly version?: string }

export type Random = () => number

/** mulberry32: https://github.com/cprosche/mulberry32 */
export function random(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Of each concept: some before it, so that nothing goes in a circle. One and a half on average, about a dozen levels. */
function parentsOf(count: number, seed: number): readonly (readonly number[])[] {
  const draw = random(seed)
  const above = (n: number): number => Math.floor(n * draw() ** 2.8)
  return Array.from({ length: count }, (_, n) => {
    if (n === 0) return []
    const first = above(n)
    const chance = draw()
    const more = chance < 0.6 ? 0 : chance < 0.9 ? 1 : 2
    // The others are near the first: what has two parents is mostly found between siblings.
    const others = Array.from({ length: more }, () => Math.floor(first * (0.97 + draw() * 0.03)))
    return [...new Set([first, ...others])]
  })
}

const vocabularySize = 20_000

/** Common words are short. */
function vocabulary(seed: number): readonly string[] {
  const draw = random(seed + 99)
  const syllables = [...'bcdfghjklmnprstvxz'].flatMap(first => [...'aeiouy'].map(second => first + second))
  const found = new Set(['of', 'the', 'and', 'in', 'left', 'right', 'disease'])
  while (found.size < vocabularySize) {
    const length = 2 + Math.floor(draw() * (1 + found.size / 5_000))
    const word = Array.from({ length }, () => syllables[Math.floor(draw() * syllables.length)]).join('')
    found.add(draw() < 0.3 ? `${word}${'nrst'[Math.floor(draw() * 4)]}` : word)
  }
  return [...found]
}

const kinds = ['disorder', 'finding', 'procedure', 'body structure', 'substance', 'organism', 'observable entity']
const sct = 'http://snomed.info/sct'
const fsn = { system: sct, code: '900000000000003001', display: 'Fully specified name' }
const synonym = { system: sct, code: '900000000000013009', display: 'Synonym' }

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const marks: Readonly<Record<string, string>> = { a: 'á', e: 'é', i: 'í', o: 'ó', u: 'ü', n: 'ñ' }

function accented(text: string): string {
  return capital(text.replace(/[aeioun]/, letter => marks[letter] ?? letter))
}
