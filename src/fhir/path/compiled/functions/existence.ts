/** http://hl7.org/fhirpath/N1/#existence */
import { Seen } from '../equality.ts'
import { type Code, condition, type Items, none, type Run } from '../item.ts'
import { where } from './filtering.ts'
import { type Builtin, type Builtins, made, onItems, verdictOf } from './function.ts'

const empty: Builtin = {
  arity: [0, 0],
  build: ({ of, types }) => condition((focus, run) => !of.exists(focus, run), types, of.fixed),
}

const exists: Builtin = {
  arity: [0, 1],
  build: ({ of, args: [criteria], types }) => {
    const sought = criteria === undefined ? of : where(of, criteria)
    return condition((focus, run) => sought.exists(focus, run), types, sought.fixed)
  },
}

const not: Builtin = {
  arity: [0, 0],
  build: ({ of, types }) =>
    condition(
      (focus, run) => {
        const truth = of.truth(focus, run)
        return truth === undefined ? undefined : !truth
      },
      types,
      of.fixed,
    ),
}

const all: Builtin = {
  arity: [1, 1],
  build: ({ of, args: [criteria = of], types }) =>
    condition((focus, run) => everyItem(of.items(focus, run), criteria, run), types),
}

function everyItem(items: Items, criteria: Code, run: Run): boolean {
  const outer = run.index
  run.spend(items.length)
  const all = items.every((item, index) => {
    run.index = index
    return criteria.truth(item, run) === true
  })
  run.index = outer
  return all
}

const count: Builtin = {
  arity: [0, 0],
  build: ({ of }) => {
    const amount: Code['items'] = (focus, run) => [made(run, 'Integer', of.count(focus, run))]
    return { items: amount, count: () => 1, exists: () => true, truth: () => true, number: of.count, fixed: of.fixed }
  },
}

const hasValue: Builtin = {
  arity: [0, 0],
  build: ({ of, types }) =>
    condition((focus, run) => {
      const items = of.items(focus, run)
      return items.length === 1 && items[0]?.type.primitive === true && items[0].value !== undefined
    }, types),
}

/** Items that are no Booleans have no business here. */
function booleans(judge: (values: readonly (boolean | undefined)[]) => boolean): Builtin {
  return verdictOf(0, (items, run) =>
    judge(
      items.map(item => {
        if (item.type.kind !== 'boolean') run.fault(`Booleans are expected, received ${item.type.name}`)
        return item.value as boolean | undefined
      }),
    ),
  )
}

function isSubset(items: Items, of: Items, run: Run): boolean {
  const known = seen(of, run)
  return items.every(item => known.has(item))
}

export function seen(items: Items, run: Run): Seen {
  const known = new Seen(run)
  for (const item of items) known.add(item)
  return known
}

export function distinct(items: Items, run: Run): Items {
  if (items.length < 2) return items
  const known = new Seen(run)
  return items.filter(item => known.add(item))
}

export const existence: Builtins = {
  empty,
  exists,
  not,
  all,
  count,
  hasValue,
  allTrue: booleans(values => values.every(value => value === true)),
  anyTrue: booleans(values => values.some(value => value === true)),
  allFalse: booleans(values => values.every(value => value === false)),
  anyFalse: booleans(values => values.some(value => value === false)),
  subsetOf: verdictOf(1, (items, run, [other = none]) => isSubset(items, other, run)),
  supersetOf: verdictOf(1, (items, run, [other = none]) => isSubset(other, items, run)),
  distinct: onItems(0, distinct),
  isDistinct: verdictOf(0, (items, run) => distinct(items, run).length === items.length),
}
