/** A tree as one line with all brackets, so that cases can say what they expect. */
import type {
  AttributeValue,
  Cardinality,
  ConceptFilter,
  DescriptionFilter,
  Expression,
  MemberFilter,
  Refinement,
  SearchTerm,
} from '../../../src/terminology/ecl/expression.ts'

export function printed(expression: Expression): string {
  switch (expression.op) {
    case 'concept':
      return expression.code
    case 'any':
      return '*'
    case 'and':
    case 'or':
      return `(${expression.of.map(printed).join(` ${expression.op} `)})`
    case 'minus':
      return `(${printed(expression.of)} minus ${printed(expression.without)})`
    case 'refined':
      return `(${printed(expression.of)} : ${refined(expression.by)})`
    case 'dotted':
      return `(${[expression.of, ...expression.attributes].map(printed).join(' . ')})`
    case 'members': {
      const fields = expression.fields === undefined ? '' : `[${expression.fields}]`
      return `^${fields}${printed(expression.of)}${list(expression.filters)}`
    }
    case 'containing':
      return `^R${printed(expression.of)}${list(expression.filters)}`
    case 'alternate':
      return `${expression.scheme}#${expression.identifier}`
    case 'conceptual':
      return `${printed(expression.of)}C${list(expression.filters)}`
    case 'described':
      return `${printed(expression.of)}D${list(expression.filters)}`
    case 'history':
      return `${printed(expression.of)}+${expression.profile}${expression.subset ? `(${printed(expression.subset)})` : ''}`
    default:
      return `${expression.op}${printed(expression.of)}`
  }
}

function refined(refinement: Refinement): string {
  switch (refinement.op) {
    case 'and':
    case 'or':
      return `(${refinement.of.map(refined).join(` ${refinement.op} `)})`
    case 'group':
      return `${often(refinement.cardinality)}{${refined(refinement.of)}}`
    case 'attribute': {
      const { cardinality, reverse, name, compare, value } = refinement
      return `${often(cardinality)}${reverse ? 'R ' : ''}${printed(name)} ${compare} ${valued(value)}`
    }
  }
}

function often({ least, most }: Cardinality): string {
  return least === 1 && most === undefined ? '' : `[${least}..${most ?? '*'}]`
}

function valued(value: AttributeValue): string {
  if (value.is === 'concepts') return printed(value.of)
  if (value.is === 'number') return `#${value.number}`
  return value.is === 'boolean' ? String(value.boolean) : termed(value.anyOf)
}

function termed(terms: readonly SearchTerm[]): string {
  return terms.map(({ how, text }) => `${how}:${text}`).join('|')
}

function list(filters: readonly (ConceptFilter | DescriptionFilter | MemberFilter)[]): string {
  return filters.length === 0 ? '' : `{${filters.map(filtered).join(', ')}}`
}

function filtered(filter: ConceptFilter | DescriptionFilter | MemberFilter): string {
  const { what, compare } = filter
  if (what === 'field') {
    const { field, value } = filter
    return `${field} ${compare} ${value.is === 'time' ? value.anyOf.join('|') : valued(value)}`
  }
  if (what === 'active') return `${what} ${compare} ${filter.active ?? '*'}`
  if (what === 'term') return `${what} ${compare} ${termed(filter.anyOf)}`
  if (what === 'dialect') {
    const dialects = filter.anyOf.map(
      ({ refset, acceptability }) => `${printed(refset)}${acceptability ? `(${acceptability.join(' ')})` : ''}`,
    )
    return `${what} ${compare} ${dialects.join('|')}`
  }
  return `${what} ${compare} ${'of' in filter ? printed(filter.of) : filter.anyOf.join('|')}`
}
