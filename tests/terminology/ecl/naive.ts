/** The meaning of a constraint, concept by concept, as its definition reads: the oracle for the evaluator. */
import type { Concept } from '../../../src/terminology/concept-set.ts'
import type { Attribute, Cardinality, Expression, Refinement } from '../../../src/terminology/ecl/expression.ts'
import type { Substrate } from '../../../src/terminology/ecl/substrate.ts'

type Row = ReturnType<Substrate['attributes']>[number]

export function naive(expression: Expression, system: Substrate): Set<Concept> {
  const all = Array.from({ length: system.size }, (_, concept) => concept)
  const ask = (of: Expression): Set<Concept> => naive(of, system)
  const above = (concept: Concept): Concept[] => all.filter(each => each !== concept && system.isA(concept, each))
  const where = (fits: (concept: Concept) => boolean): Set<Concept> => new Set(all.filter(fits))
  switch (expression.op) {
    case 'any':
      return where(concept => !system.inactive(concept))
    case 'concept':
      return where(concept => system.code(concept) === expression.code && !system.inactive(concept))
    case 'and':
      return expression.of.map(ask).reduce((a, b) => a.intersection(b))
    case 'or':
      return expression.of.map(ask).reduce((a, b) => a.union(b))
    case 'minus':
      return ask(expression.of).difference(ask(expression.without))
    case 'members': {
      const refsets = expression.of.op === 'any' ? all : ask(expression.of)
      return where(concept => [...refsets].some(refset => system.members(refset).has(concept)))
    }
    case 'refined': {
      const focus = ask(expression.of)
      return where(concept => focus.has(concept) && holds(expression.by, concept, system))
    }
    case 'dotted': {
      const step = (from: Set<Concept>, name: Expression): Set<Concept> => {
        const rows = [...from]
          .flatMap(concept => system.attributes(concept))
          .filter(row => ofType({ name }, row, system))
        return new Set(rows.map(({ value }) => value).filter(value => typeof value === 'number'))
      }
      return expression.attributes.reduce(step, ask(expression.of))
    }
    case 'described':
    case 'conceptual':
    case 'history':
      throw new Error('not here')
  }
  const of = ask(expression.of)
  const some = (list: readonly Concept[]): boolean => list.some(each => of.has(each))
  const below = (concept: Concept): Concept[] => all.filter(each => each !== concept && system.isA(each, concept))
  const tests: Readonly<Record<typeof expression.op, (concept: Concept) => boolean>> = {
    '<': concept => some(above(concept)),
    '<<': concept => of.has(concept) || some(above(concept)),
    '<!': concept => some(system.parents(concept)),
    '<<!': concept => of.has(concept) || some(system.parents(concept)),
    '>': concept => some(below(concept)),
    '>>': concept => of.has(concept) || some(below(concept)),
    '>!': concept => some(system.children(concept)),
    '>>!': concept => of.has(concept) || some(system.children(concept)),
    '!!>': concept => of.has(concept) && !some(above(concept)),
    '!!<': concept => of.has(concept) && !some(below(concept)),
  }
  return where(tests[expression.op])
}

function holds(refinement: Refinement, concept: Concept, system: Substrate): boolean {
  const rows = system.attributes(concept)
  switch (refinement.op) {
    case 'and':
      return refinement.of.every(each => holds(each, concept, system))
    case 'or':
      return refinement.of.some(each => holds(each, concept, system))
    case 'group': {
      const groups = new Set(rows.map(({ group }) => group).filter(group => group > 0))
      const sets = [...groups].map(group => rows.filter(row => row.group === group))
      for (const row of rows) if (row.group === 0) sets.push([row])
      return within(sets.filter(set => inGroup(refinement.of, set, system)).length, refinement.cardinality)
    }
    case 'attribute':
      return refinement.reverse ? reversed(refinement, concept, system) : inGroup(refinement, rows, system)
  }
}

function reversed(attribute: Attribute, concept: Concept, system: Substrate): boolean {
  let count = 0
  for (let source = 0; source < system.size; source++) {
    const own = system.attributes(source).filter(row => ofType(attribute, row, system) && row.value === concept)
    if (own.length > 0 && isValue(attribute, source, system)) count++
  }
  return within(count, attribute.cardinality)
}

/** Nothing differs from any. */
function isValue({ value, compare }: Attribute, concept: Concept, system: Substrate): boolean {
  if (value.is !== 'concepts') throw new Error('not here')
  if (value.of.op === 'any') return compare === '='
  return naive(value.of, system).has(concept) === (compare === '=')
}

function inGroup(refinement: Refinement, rows: readonly Row[], system: Substrate): boolean {
  switch (refinement.op) {
    case 'and':
      return refinement.of.every(each => inGroup(each, rows, system))
    case 'or':
      return refinement.of.some(each => inGroup(each, rows, system))
    case 'group':
      return inGroup(refinement.of, rows, system)
    case 'attribute': {
      const matching = rows.filter(row => ofType(refinement, row, system) && hasValue(refinement, row, system))
      return within(matching.length, refinement.cardinality)
    }
  }
}

function ofType({ name }: Pick<Attribute, 'name'>, row: Row, system: Substrate): boolean {
  return name.op === 'any' || naive(name, system).has(row.type)
}

function hasValue(attribute: Attribute, row: Row, system: Substrate): boolean {
  const { value, compare } = attribute
  if (value.is === 'number') {
    if (typeof row.value !== 'string' || !row.value.startsWith('#')) return false
    const number = Number(row.value.slice(1))
    if (compare === '=' || compare === '!=') return (number === value.number) === (compare === '=')
    return compare.startsWith('<') ? number < value.number : number > value.number
  }
  if (value.is !== 'concepts') throw new Error('not here')
  if (value.of.op === 'any') return compare === '='
  return typeof row.value === 'number' && isValue(attribute, row.value, system)
}

function within(count: number, { least, most = Number.POSITIVE_INFINITY }: Cardinality): boolean {
  return count >= least && count <= most
}
