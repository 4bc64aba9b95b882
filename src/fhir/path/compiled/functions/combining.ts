/** http://hl7.org/fhirpath/N1/#combining */
import { type Items, none, type Run } from '../item.ts'
import { distinct, seen } from './existence.ts'
import { type Builtins, onItems } from './function.ts'

export function union(a: Items, b: Items, run: Run): Items {
  if (a.length === 0 && b.length < 2) return b
  if (b.length === 0 && a.length < 2) return a
  return distinct([...a, ...b], run)
}

function intersect(a: Items, b: Items, run: Run): Items {
  if (a.length === 0 || b.length === 0) return none
  const known = seen(b, run)
  return distinct(a, run).filter(item => known.has(item))
}

function exclude(a: Items, b: Items, run: Run): Items {
  const known = seen(b, run)
  return a.filter(item => !known.has(item))
}

export const combining: Builtins = {
  union: onItems(1, (items, run, [other = none]) => union(items, other, run)),
  combine: onItems(1, (items, _run, [other = none]) => [...items, ...other]),
  intersect: onItems(1, (items, run, [other = none]) => intersect(items, other, run)),
  exclude: onItems(1, (items, run, [other = none]) => exclude(items, other, run)),
}
