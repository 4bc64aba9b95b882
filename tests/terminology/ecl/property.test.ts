/** Random constraints over random ontologies: the evaluator finds what the definitions say, concept by concept. */
import fc from 'fast-check'
import t from 'tap'
import { evaluatorOf } from '../../../src/terminology/ecl/evaluate.ts'
import type { Cardinality, Expression, Refinement } from '../../../src/terminology/ecl/expression.ts'
import { naive } from './naive.ts'
import { type Entry, ontology } from './ontology.ts'

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
      fc.record({ op: fc.constant('refined' as const), of: inner, by: tie('refinement') }),
      fc.record({
        op: fc.constant('dotted' as const),
        of: inner,
        attributes: fc.array(inner, { minLength: 1, maxLength: 2 }),
      }),
    ),
    attribute: fc.oneof(attribute(fc.constant(false)), number),
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
    fc.property(system, expression, (over, asked) => {
      const { concepts } = evaluatorOf(over)(asked)
      t.same(
        [...concepts],
        [...naive(asked, over)].sort((a, b) => a - b),
        JSON.stringify(asked),
      )
    }),
    { numRuns: 1_500 },
  )
})
