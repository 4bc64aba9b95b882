/** The meaning of a constraint, concept by concept, as its definition reads: the oracle for the evaluator. */
import type { Description, Memberships } from '../../../src/terminology/code-system.ts'
import type { Concept } from '../../../src/terminology/concept-set.ts'
import type {
  Attribute,
  Cardinality,
  DescriptionFilter,
  Expression,
  MemberFilter,
  Members,
  Refinement,
} from '../../../src/terminology/ecl/expression.ts'
import type { Substrate } from '../../../src/terminology/ecl/substrate.ts'

type Row = ReturnType<Substrate['attributes']>[number]

/** `withInactive`: as what fields of members hold is asked for. */
export function naive(expression: Expression, system: Substrate, withInactive = false): Set<Concept> {
  const all = Array.from({ length: system.size }, (_, concept) => concept)
  const ask = (of: Expression): Set<Concept> => naive(of, system, withInactive)
  const isThere = (concept: Concept): boolean => withInactive || !system.inactive(concept)
  const above = (concept: Concept): Concept[] => all.filter(each => each !== concept && system.isA(concept, each))
  const where = (fits: (concept: Concept) => boolean): Set<Concept> => new Set(all.filter(fits))
  switch (expression.op) {
    case 'any':
      return where(isThere)
    case 'concept':
      return where(concept => system.code(concept) === expression.code && isThere(concept))
    case 'and':
      return expression.of.map(ask).reduce((a, b) => a.intersection(b))
    case 'or':
      return expression.of.map(ask).reduce((a, b) => a.union(b))
    case 'minus':
      return ask(expression.of).difference(ask(expression.without))
    case 'members': {
      const refsets = expression.of.op === 'any' ? all : [...naive(expression.of, system)]
      const books = booksOf(expression.filters, system)
      return new Set(books.flatMap(book => refsets.flatMap(refset => memberRows(refset, expression, system, book))))
    }
    case 'containing': {
      const of = naive(expression.of, system, true)
      const books = booksOf(expression.filters, system)
      return where(refset =>
        books.some(book => memberRows(refset, expression, system, book).some(each => of.has(each))),
      )
    }
    case 'described': {
      const of = ask(expression.of)
      return where(concept => of.has(concept) && isDescribed(concept, expression.filters, system))
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
    case 'alternate':
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
      const owners = hasReverse(refinement.of) ? Array.from({ length: system.size }, (_, n) => n) : [concept]
      const groups = owners
        .flatMap(owner => groupsOf(owner, system))
        .filter(({ owner, rows }) => owner === concept || rows.some(({ value }) => value === concept))
      return within(
        groups.filter(group => inGroup(refinement.of, group, concept, system)).length,
        refinement.cardinality,
      )
    }
    case 'attribute': {
      if (refinement.reverse) return reversed(refinement, concept, system)
      return inGroup(refinement, { owner: concept, rows }, concept, system)
    }
  }
}

type Group = { readonly owner: Concept; readonly rows: readonly Row[] }

function groupsOf(owner: Concept, system: Substrate): readonly Group[] {
  const rows = system.attributes(owner)
  const numbers = new Set(rows.map(({ group }) => group).filter(group => group > 0))
  const sets = [...numbers].map(number => rows.filter(row => row.group === number))
  return [...sets, ...rows.filter(({ group }) => group === 0).map(row => [row])].map(rows => ({ owner, rows }))
}

function hasReverse(of: Refinement): boolean {
  if (of.op === 'attribute') return of.reverse
  return of.op === 'group' ? hasReverse(of.of) : of.of.some(hasReverse)
}

function booksOf(filters: readonly MemberFilter[], system: Substrate): readonly Memberships[] {
  const asked = filters.filter(filter => filter.what === 'active')
  const isAsked = (state: boolean): boolean =>
    asked.every(({ active, compare }) => (active === undefined || active === state) === (compare === '='))
  return [...(isAsked(true) ? [system] : []), ...(asked.length > 0 && isAsked(false) ? [system.lapsed!] : [])]
}

/** The concepts that a reference set names in the fields asked for, row by row. */
function memberRows(
  refset: Concept,
  { fields, filters }: Pick<Members, 'fields' | 'filters'>,
  system: Substrate,
  book: Memberships,
): Concept[] {
  return [...book.members(refset)].flatMap(member => {
    const told = book.fields?.(refset, member) ?? []
    return (told.length === 0 ? [{}] : told).flatMap((row, at) => {
      const origin = book.origins?.(refset).find(each => each.row === at && each.members.has(member))
      const { moduleId = '', effectiveTime = '' } = origin ?? {}
      const whole: Readonly<Record<string, string>> = { ...row, referencedComponentId: system.code(member), moduleId }
      if (!filters.every(filter => fitsMember(filter, { moduleId, effectiveTime }, system))) return []
      const names = fields === '*' ? Object.keys(whole) : (fields ?? ['referencedComponentId'])
      return names.map(name => system.find(whole[name] ?? '')).filter(concept => concept !== undefined)
    })
  })
}

function fitsMember(
  filter: MemberFilter,
  { moduleId, effectiveTime }: { moduleId: string; effectiveTime: string },
  system: Substrate,
): boolean {
  if (filter.what === 'moduleId') {
    const module = system.find(moduleId) ?? -1
    return naive(filter.of, system, true).has(module) === (filter.compare === '=')
  }
  return filter.what === 'active' || (filter.what === 'effectiveTime' && fitsTime(filter, effectiveTime))
}

function fitsTime({ compare, anyOf }: { compare: string; anyOf: readonly string[] }, time: string): boolean {
  const one = (day: string): boolean =>
    (compare.includes('<') && time < day) ||
    (compare.includes('>') && time > day) ||
    (compare.includes('=') && time === day)
  return compare === '!=' ? !anyOf.includes(time) : anyOf.some(one)
}

function isDescribed(concept: Concept, filters: readonly DescriptionFilter[], system: Substrate): boolean {
  const active = filters.some(({ what }) => what === 'active')
  return (system.descriptions?.of(concept) ?? []).some(
    description =>
      (active || description.active) && filters.every(filter => fitsDescription(filter, description, system)),
  )
}

function fitsDescription(filter: DescriptionFilter, description: Description, system: Substrate): boolean {
  const equal = filter.compare === '='
  const among = (code: string | undefined, of: Expression): boolean =>
    [...naive(of, system)].some(concept => system.code(concept) === code)
  switch (filter.what) {
    case 'term':
      return (
        filter.anyOf.some(({ text }) =>
          description.term
            .toLowerCase()
            .split(' ')
            .some(word => word.startsWith(text)),
        ) === equal
      )
    case 'id':
      return filter.anyOf.includes(description.id ?? '') === equal
    case 'language':
      return filter.anyOf.includes(description.language ?? '') === equal
    case 'type':
      return filter.anyOf.includes(description.type) === equal
    case 'typeId':
      return among(description.type, filter.of) === equal
    case 'moduleId':
      return among(description.moduleId, filter.of) === equal
    case 'active':
      return (filter.active === undefined || filter.active === description.active) === equal
    case 'effectiveTime':
      return fitsTime(filter, description.effectiveTime ?? '')
    case 'dialect': {
      const said = filter.anyOf.some(({ refset, acceptability }) =>
        description.dialects?.some(
          each => among(each.refset, refset) && (acceptability ?? [each.acceptability]).includes(each.acceptability),
        ),
      )
      return said === equal
    }
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

function inGroup(refinement: Refinement, group: Group, concept: Concept, system: Substrate): boolean {
  switch (refinement.op) {
    case 'and':
      return refinement.of.every(each => inGroup(each, group, concept, system))
    case 'or':
      return refinement.of.some(each => inGroup(each, group, concept, system))
    case 'group':
      return inGroup(refinement.of, group, concept, system)
    case 'attribute': {
      const matching = group.rows.filter(row => {
        if (!ofType(refinement, row, system)) return false
        if (refinement.reverse) return row.value === concept && isValue(refinement, group.owner, system)
        return group.owner === concept && hasValue(refinement, row, system)
      })
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
