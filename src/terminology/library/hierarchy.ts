/** Who is above and below whom: computed once when a release is loaded, so that subsumption is a look-up ever after. */
import { Column, inverted, type Lists, listOf } from './column.ts'

export type Hierarchy = {
  readonly parents: Lists
  readonly children: Lists
  /** Through any number of steps, without itself. */
  readonly ancestors: Lists
  readonly descendants: Lists
}

/** SNOMED CT has 5.5 million; a hierarchy with more has a chain of many thousands in it, which is a mistake of its release. */
const mostPairs = 32_000_000

/**
 * `parents`: of each concept. A cycle is told as the way from a concept up to itself, and the step that closed it is left out:
 * what remains is a hierarchy, whichever way its makers meant it.
 */
export function hierarchyOf(parents: Lists, cycle: (way: readonly number[]) => void): Hierarchy {
  const { order, open } = upwards(rising(parents), cycle)
  const ancestors = closure(open, order)
  return { parents: open, children: inverted(open), ancestors, descendants: inverted(ancestors) }
}

/** Each list sorted, nothing in it twice. */
function rising(lists: Lists): Lists {
  return kept(lists, (list, keep) => {
    let last = -1
    for (const item of list.toSorted()) {
      if (item !== last) keep(item)
      last = item
    }
  })
}

function kept(lists: Lists, choose: (list: Int32Array, keep: (item: number) => void) => void): Lists {
  const count = lists.starts.length - 1
  const starts = new Int32Array(count + 1)
  const items = new Column()
  const keep = (item: number): void => {
    items.push(item)
  }
  for (let key = 0; key < count; key++) {
    const list = listOf(lists, key)
    if (list.length > 0) choose(list, keep)
    starts[key + 1] = items.length
  }
  return { starts, items: items.values() }
}

const [unseen, underway, done] = [0, 1, 2]

/** All concepts with parents before children, and the lists without the steps that close a cycle. */
function upwards(parents: Lists, cycle: (way: readonly number[]) => void): { order: Int32Array; open: Lists } {
  const { starts, items } = parents
  const count = starts.length - 1
  const state = new Uint8Array(count)
  const next = starts.slice(0, count)
  const order = new Column()
  let cyclic = false
  const way: number[] = []
  const enter = (concept: number): void => {
    state[concept] = underway
    way.push(concept)
  }
  const step = (concept: number): void => {
    const at = next[concept] ?? 0
    if (at === starts[concept + 1]) {
      state[concept] = done
      order.push(concept)
      way.pop()
      return
    }
    next[concept] = at + 1
    const parent = items[at] ?? 0
    if (state[parent] === unseen) enter(parent)
    else if (state[parent] === underway) {
      cycle([...way.slice(way.indexOf(parent)), parent])
      items[at] = -1
      cyclic = true
    }
  }
  for (let concept = 0; concept < count; concept++) {
    if (state[concept] === unseen) enter(concept)
    for (let last = way.at(-1); last !== undefined; last = way.at(-1)) step(last)
  }
  return { order: order.values(), open: cyclic ? withoutClosing(parents) : parents }
}

function withoutClosing(parents: Lists): Lists {
  return kept(parents, (list, keep) => {
    for (const item of list) if (item >= 0) keep(item)
  })
}

function closure(parents: Lists, order: Int32Array): Lists {
  const count = order.length
  const found = new Column()
  const [from, to] = [new Int32Array(count), new Int32Array(count)]
  /** The last concept that each was found to be above of, and one more. */
  const seen = new Int32Array(count)
  const above = new Int32Array(count)
  for (const concept of order) {
    let length = 0
    const add = (ancestor: number): void => {
      if (seen[ancestor] === concept + 1) return
      seen[ancestor] = concept + 1
      above[length++] = ancestor
    }
    for (const parent of listOf(parents, concept)) {
      add(parent)
      for (let at = from[parent] ?? 0, end = to[parent] ?? 0; at < end; at++) add(found.at(at))
    }
    if (found.length + length > mostPairs) {
      throw new Error(`the hierarchy has more than ${mostPairs.toLocaleString('en')} pairs of ancestor and descendant`)
    }
    from[concept] = found.length
    for (const ancestor of sorted(above.subarray(0, length))) found.push(ancestor)
    to[concept] = found.length
  }
  return inOrder(from, to, found.values())
}

/** In place. Most lists are short: for those a call of the engine costs more than the work. */
function sorted(list: Int32Array): Int32Array {
  if (list.length > 24) return list.sort()
  for (let end = 1; end < list.length; end++) {
    const item = list[end] ?? 0
    let at = end
    for (; at > 0 && (list[at - 1] ?? 0) > item; at--) list[at] = list[at - 1] ?? 0
    list[at] = item
  }
  return list
}

function inOrder(from: Int32Array, to: Int32Array, found: Int32Array): Lists {
  const starts = new Int32Array(from.length + 1)
  const items = new Int32Array(found.length)
  let end = 0
  for (let key = 0; key < from.length; key++) {
    const list = found.subarray(from[key], to[key])
    items.set(list, end)
    end += list.length
    starts[key + 1] = end
  }
  return { starts, items }
}
