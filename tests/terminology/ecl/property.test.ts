/** Random constraints over random ontologies: the evaluator finds what the definitions say, concept by concept. */

import t from 'tap'
import type { Memberships } from '../../../src/terminology/code-system.ts'
import { type Concept, ConceptSet } from '../../../src/terminology/concept-set.ts'
import { evaluatorOf } from '../../../src/terminology/ecl/evaluate.ts'
import type { Cardinality, Expression, Refinement } from '../../../src/terminology/ecl/expression.ts'
import { metadata } from '../../../src/terminology/ecl/metadata.ts'
import type { Substrate } from '../../../src/terminology/ecl/substrate.ts'
import { fc } from '../../property.ts'
import { naive } from './naive.ts'
import { type Entry, ontology } from './ontology.ts'
import { comingFrom, describedBy } from './told.ts'

const size = 14
const codeOf = (n: number): string => String(100_000 + n)
const code = fc.nat(size - 1).map(codeOf)

/** Parents come before their children, so that there is no cycle. */
const system = fc
  .array(
    fc.record({
      parents: fc.uniqueArray(fc.nat(size), { maxLength: 3 }),
      attributes: fc.array(
        fc.tuple(
          fc.nat(2),
          code,
          fc.oneof({ weight: 4, arbitrary: code }, { weight: 1, arbitrary: fc.constantFrom('#1', '#2', '"x"') }),
        ),
        { maxLength: 4 },
      ),
      inactive: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
    }),
    { minLength: size, maxLength: size },
  )
  .chain(rows =>
    fc.dictionary(code, fc.uniqueArray(code, { maxLength: 5 }), { maxKeys: 3 }).map(refsets => {
      const entries = rows.map(({ parents, attributes, inactive }, n): [string, Entry] => [
        codeOf(n),
        inactive
          ? { inactive }
          : {
              attributes,
              parents: parents.filter(parent => parent < n && rows[parent]?.inactive === false).map(codeOf),
            },
      ])
      const members = Object.entries(refsets).map(([refset, list]) => [
        refset,
        Object.fromEntries(list.map(each => [each, []])),
      ])
      return ontology(Object.fromEntries(entries), Object.fromEntries(members))
    }),
  )

const day = fc.constantFrom('20200131', '20210131', '20220131')
const acceptability = fc.constantFrom(metadata.preferred, metadata.acceptable)
const word = fc.constantFrom('heart', 'hearty', 'lung')
const description = fc.record({
  term: fc.array(word, { minLength: 1, maxLength: 2 }).map(words => words.join(' ')),
  active: fc.integer({ min: 0, max: 3 }).map(n => n > 0),
  type: code,
  language: fc.constantFrom('en', 'sv'),
  moduleId: code,
  id: fc.integer({ min: 200_000, max: 200_020 }).map(String),
  effectiveTime: day,
  dialects: fc.array(fc.record({ refset: code, acceptability }), { maxLength: 2 }),
})

/** As a release has it: members with rows that say more, and come from somewhere; descriptions. */
const release = fc
  .record({
    system,
    descriptions: fc.dictionary(code, fc.array(description, { maxLength: 3 }), { maxKeys: size }),
    rows: fc.array(fc.array(fc.tuple(code, day, code), { minLength: 1, maxLength: 2 }), { minLength: 5, maxLength: 5 }),
  })
  .map(({ system, descriptions, rows }): Substrate => {
    const of = (member: number) => rows[member % rows.length] ?? []
    const members = (refset: Concept): readonly Concept[] => [...system.members(refset)]
    const held = (those: (refset: Concept) => readonly Concept[]): Memberships => {
      const origins = Object.fromEntries(
        [...system.refsets()].map(refset => {
          const all = those(refset).map(member => [
            system.code(member),
            of(member).map(([moduleId, time]) => [moduleId, time] as const),
          ])
          return [system.code(refset), Object.fromEntries(all)]
        }),
      )
      return {
        refsets: () => system.refsets(),
        members: refset => ConceptSet.of(size, those(refset)),
        fields: (_, member) => of(member).map(([, , target]) => ({ target })),
        origins: comingFrom(system, origins),
      }
    }
    return {
      ...system,
      ...held(members),
      // Some of them are in use, too: by another row.
      lapsed: held(refset => members(refset).flatMap(member => (member % 3 === 0 ? [member] : [size - 1 - member]))),
      descriptions: describedBy(system, descriptions),
    }
  })

const cardinality: fc.Arbitrary<Cardinality> = fc.oneof(
  fc.constant({ least: 1 }),
  fc.record({ least: fc.nat(2) }),
  fc.tuple(fc.nat(2), fc.nat(2)).map(([least, more]) => ({ least, most: least + more })),
)
const hierarchy = fc.constantFrom('<', '<<', '<!', '<<!', '>', '>>', '>!', '>>!', '!!>', '!!<' as const)
const equality = fc.constantFrom('=' as const, '!=' as const)
const at = fc.constant(0)

const { expression } = fc.letrec<{
  expression: Expression
  attribute: Refinement
  set: Refinement
  refinement: Refinement
}>(tie => {
  const concept = fc.record({ op: fc.constant('concept' as const), code, at })
  const any = fc.record({ op: fc.constant('any' as const) })
  const inner = tie('expression')
  const list = (of: fc.Arbitrary<Refinement>) =>
    fc.record({ op: fc.constantFrom('and' as const, 'or' as const), of: fc.array(of, { minLength: 1, maxLength: 3 }) })
  const attribute = (reverse: fc.Arbitrary<boolean>) =>
    fc.record({
      op: fc.constant('attribute' as const),
      at,
      cardinality,
      reverse,
      name: inner,
      compare: equality,
      value: fc.record({ is: fc.constant('concepts' as const), of: inner }),
    })
  const number = fc.record({
    op: fc.constant('attribute' as const),
    at,
    cardinality,
    reverse: fc.constant(false),
    name: inner,
    compare: fc.constantFrom('=', '!=', '<', '>' as const),
    value: fc.record({ is: fc.constant('number' as const), number: fc.constantFrom(1, 1.5, 2) }),
  })
  const filter = <What extends string>(what: What, more: object, compare: fc.Arbitrary<string> = equality) =>
    fc.record({ what: fc.constant(what), at, compare, ...more })
  const several = <T>(one: fc.Arbitrary<T>) => fc.array(one, { minLength: 1, maxLength: 2 })
  const module = filter('moduleId', { of: inner })
  const order = fc.constantFrom('=', '!=', '<', '<=', '>', '>=')
  const time = filter('effectiveTime', { anyOf: several(day) }, order)
  const active = filter('active', { active: fc.constantFrom(true, false, undefined) })
  const memberFilters = fc.array(fc.oneof(module, time, active), { maxLength: 2 })
  const fields = fc.constantFrom(undefined, '*', ['target'], ['referencedComponentId', 'moduleId'])
  const descriptionFilters = several(
    fc.oneof(
      module,
      time,
      filter('term', {
        anyOf: several(fc.record({ how: fc.constant('match'), text: fc.constantFrom('heart', 'lu') })),
      }),
      filter('language', { anyOf: several(fc.constantFrom('en', 'sv')) }),
      filter('type', { anyOf: several(code) }),
      filter('typeId', { of: inner }),
      active,
      filter('id', { anyOf: several(fc.integer({ min: 200_000, max: 200_020 }).map(String)) }),
      filter('dialect', {
        anyOf: several(
          fc.record({
            refset: inner,
            acceptability: fc.option(several(acceptability), { nil: undefined }),
          }),
        ),
      }),
    ),
  )
  const group = fc.record({ op: fc.constant('group' as const), cardinality, of: tie('set') })
  return {
    expression: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      concept,
      any,
      fc.record({ op: hierarchy, of: inner }),
      fc.record({ op: hierarchy, of: concept }),
      fc.record({
        op: fc.constantFrom('and' as const, 'or' as const),
        of: fc.array(inner, { minLength: 2, maxLength: 3 }),
      }),
      fc.record({ op: fc.constant('minus' as const), of: inner, without: inner }),
      fc.record({ op: fc.constant('members' as const), of: inner, at, filters: fc.constant([]) }),
      fc.record({ op: fc.constant('members' as const), of: inner, at, filters: memberFilters, fields }),
      fc.record({ op: fc.constant('containing' as const), of: inner, at, filters: memberFilters }),
      fc.record({ op: fc.constant('described' as const), of: inner, filters: descriptionFilters }),
      fc.record({ op: fc.constant('refined' as const), of: inner, by: tie('refinement') }),
      fc.record({
        op: fc.constant('dotted' as const),
        of: inner,
        attributes: fc.array(inner, { minLength: 1, maxLength: 2 }),
      }),
    ),
    attribute: fc.oneof(attribute(fc.boolean()), number),
    set: fc.oneof({ maxDepth: 2, withCrossShrink: true }, tie('attribute'), list(tie('set'))),
    refinement: fc.oneof(
      { maxDepth: 2, withCrossShrink: true },
      attribute(fc.boolean()),
      number,
      group,
      list(tie('refinement')),
    ),
  } as never
})

t.test('a constraint finds what its definition says', async t => {
  fc.assert(
    fc.property(release, expression, (over, asked) => {
      const { concepts } = evaluatorOf(over)(asked, '')
      t.same(
        [...concepts],
        [...naive(asked, over)].sort((a, b) => a - b),
        JSON.stringify(asked),
      )
    }),
    { numRuns: 1_500 },
  )
})

t.test('groups that are read both ways hold what their definition says', async t => {
  const concept = fc.record({ op: fc.constant('concept' as const), code, at })
  const simple: fc.Arbitrary<Expression> = fc.oneof(
    fc.constant({ op: 'any' as const }),
    concept,
    fc.record({ op: fc.constant('<<' as const), of: concept }),
  )
  const attribute = fc.record({
    op: fc.constant('attribute' as const),
    at,
    cardinality,
    reverse: fc.boolean(),
    name: simple,
    compare: equality,
    value: fc.record({ is: fc.constant('concepts' as const), of: simple }),
  })
  const of: fc.Arbitrary<Refinement> = fc.oneof(
    attribute,
    fc.record({
      op: fc.constantFrom('and' as const, 'or' as const),
      of: fc.array(attribute, { minLength: 2, maxLength: 3 }),
    }),
  )
  fc.assert(
    fc.property(system, simple, cardinality, of, (over, focus, cardinality, of) => {
      const asked: Expression = { op: 'refined', of: focus, by: { op: 'group', cardinality, of } }
      const { concepts } = evaluatorOf(over)(asked, '')
      t.same(
        [...concepts],
        [...naive(asked, over)].sort((a, b) => a - b),
        JSON.stringify(asked),
      )
    }),
    { numRuns: 1_000 },
  )
})
