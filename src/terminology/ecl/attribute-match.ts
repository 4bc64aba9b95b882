/** One attribute of a refinement: who has it at all, and which rows of a concept are it. */
import type { Relations } from '../code-system.ts'
import type { ConceptSet } from '../concept-set.ts'
import { isInOrder } from './compare.ts'
import type { Attribute, AttributeValue, Comparison, Expression } from './expression.ts'
import { type Run, setOf } from './run.ts'
import { termTest } from './term-match.ts'

type Row = ReturnType<Relations['attributes']>[number]

export type Matcher = {
  /** No concept beyond these has a row that matches; if `exact`, each of them has one. */
  readonly sources: ConceptSet
  readonly exact: boolean
  readonly matches: (row: Row) => boolean
}

/** `undefined`: of any type. */
export function typesOf(name: Expression, run: Run): ConceptSet | undefined {
  return name.op === 'any' ? undefined : run.ask(name)
}

export function matcherOf({ name, compare, value }: Attribute, run: Run): Matcher {
  const types = typesOf(name, run)
  const isOfType = (row: Row): boolean => types === undefined || types.has(row.type)
  if (value.is === 'concepts') return conceptMatcher(types, isOfType, compare, value.of, run)
  const fits = literalTest(value, compare)
  const matches = (row: Row): boolean => typeof row.value === 'string' && isOfType(row) && fits(row.value)
  return { sources: run.system.sources(types, undefined), exact: false, matches }
}

function conceptMatcher(
  types: ConceptSet | undefined,
  isOfType: (row: Row) => boolean,
  compare: Comparison,
  of: Expression,
  run: Run,
): Matcher {
  const differs = compare === '!='
  if (of.op === 'any') {
    // Any value, a literal too; but none differs from any.
    if (differs) return { sources: setOf(run, []), exact: true, matches: () => false }
    return { sources: run.system.sources(types, undefined), exact: true, matches: isOfType }
  }
  const asked = run.ask(of)
  const values = differs ? asked.not() : asked
  const matches = (row: Row): boolean => typeof row.value === 'number' && values.has(row.value) && isOfType(row)
  return { sources: run.system.sources(types, values), exact: true, matches }
}

/** Literals are texts as RF2 writes them: `#500`, `"text"`; booleans are words. */
function literalTest(value: Exclude<AttributeValue, { is: 'concepts' }>, compare: Comparison) {
  const differs = compare === '!='
  if (value.is === 'number') {
    return (literal: string): boolean =>
      literal.startsWith('#') && isInOrder(Number(literal.slice(1)), compare, value.number)
  }
  if (value.is === 'boolean') {
    const words = ['true', 'false']
    return (literal: string): boolean => {
      const word = literal.toLowerCase()
      return words.includes(word) && (word === String(value.boolean)) !== differs
    }
  }
  // "Concrete string values must match the string in the expression constraint exactly", unless it says how.
  const tests = value.anyOf.map(term => termTest(term.how === 'match' ? { how: 'exact', text: term.text } : term))
  return (literal: string): boolean =>
    literal.startsWith('"') && tests.some(test => test(literal.slice(1, -1))) !== differs
}
