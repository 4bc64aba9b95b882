/** http://hl7.org/fhirpath/N1/#filtering-and-projection, #subsetting and #tree-navigation */

import { Seen } from '../equality.ts'
import { type Code, codeOf, type Item, type Items, none, nothing, type Run, single } from '../item.ts'
import { childCount, childrenOf, descendantsOf } from '../path.ts'
import { type Builtin, type Builtins, integerOf, onItems, onSingle } from './function.ts'

export function where(of: Code, criteria: Code): Code {
  const filtered = codeOf((focus, run) => {
    const items = of.items(focus, run)
    if (items.length === 0) return none
    const outer = run.index
    run.spend(items.length)
    const kept = items.filter((item, index) => {
      run.index = index
      return criteria.truth(item, run) === true
    })
    run.index = outer
    return kept
  })
  return {
    ...filtered,
    exists: (focus, run) => {
      const outer = run.index
      const found = of.items(focus, run).some((item, index) => {
        run.spend(1)
        run.index = index
        return criteria.truth(item, run) === true
      })
      run.index = outer
      return found
    },
  }
}

function select(of: Code, projection: Code): Code {
  return codeOf((focus, run) => {
    const items = of.items(focus, run)
    if (items.length === 0) return none
    const outer = run.index
    const found: Item[] = []
    run.spend(items.length)
    for (const [index, item] of items.entries()) {
      run.index = index
      for (const one of projection.items(item, run)) found.push(one)
    }
    run.index = outer
    run.spend(found.length)
    return found
  })
}

/** What is found is looked at in turn, but only once. */
function repeat(of: Code, projection: Code): Code {
  return codeOf((focus, run) => {
    const known = new Seen(run)
    const found: Item[] = []
    let level = of.items(focus, run)
    while (level.length > 0) {
      run.spend(level.length)
      level = level.flatMap(item => projection.items(item, run)).filter(item => known.add(item))
      for (const item of level) found.push(item)
    }
    return found
  })
}

function aggregate(of: Code, step: Code, start: Code | undefined): Code {
  return codeOf((focus, run) => {
    const outer = [run.index, run.total] as const
    let total = start?.items(focus, run) ?? none
    for (const [index, item] of of.items(focus, run).entries()) {
      run.index = index
      run.total = total
      total = step.items(item, run)
      run.spend(1 + total.length)
    }
    ;[run.index, run.total] = outer
    return total
  })
}

/** The condition looks at what there is, be it nothing: `resolve().iif(empty(), …)`. */
function iif(of: Code, [criterion, yes, no]: readonly Code[]): Code {
  return codeOf((focus, run) => {
    const here = single(of.items(focus, run), run) ?? nothing
    const chosen = criterion?.truth(here, run) === true ? yes : no
    return chosen?.items(here, run) ?? none
  })
}

const children: Builtin = {
  arity: [0, 0],
  build: ({ of }) => ({
    ...codeOf((focus, run) => childrenOf(of.items(focus, run), run), of.fixed),
    count: (focus, run) => of.items(focus, run).reduce((sum, item) => sum + childCount(item), 0),
  }),
}

function lambda(build: (of: Code, args: readonly Code[]) => Code, arity: Builtin['arity'] = [1, 1]): Builtin {
  return { arity, build: ({ of, args }) => build(of, args) }
}

function one(args: readonly Code[]): Code {
  const [only] = args
  if (only === undefined) throw new Error('the arity was checked')
  return only
}

function slice(run: Run, arg: Items, cut: (n: number) => Items): Items {
  const n = integerOf(arg, run)
  return n === undefined ? none : cut(Math.max(0, n))
}

export const filtering: Builtins = {
  where: lambda((of, args) => where(of, one(args))),
  select: lambda((of, args) => select(of, one(args))),
  repeat: lambda((of, args) => repeat(of, one(args))),
  aggregate: lambda((of, args) => aggregate(of, one(args), args[1]), [1, 2]),
  iif: lambda(iif, [2, 3]),
  children,
  descendants: onItems(0, descendantsOf),
  single: onSingle([0, 0], item => item),
  first: onItems(0, items => items.slice(0, 1)),
  last: onItems(0, items => items.slice(-1)),
  tail: onItems(0, items => items.slice(1)),
  skip: onItems(1, (items, run, [n = none]) => slice(run, n, n => items.slice(n))),
  take: onItems(1, (items, run, [n = none]) => slice(run, n, n => items.slice(0, n))),
  // Whom it tells is nobody: what resources hold has no place in logs.
  trace: { arity: [1, 2], build: ({ of }) => of },
}
