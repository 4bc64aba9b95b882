import type { Leaf, Node, Part } from '../../../search/node.ts'
import { tellsTarget } from '../../../search/told.ts'
import {
  allOf,
  anyOf,
  current,
  everything,
  type Filter,
  type LeafFilter,
  nothing,
  notOf,
  type PartFilter,
  presentIn,
  rootsFilter,
  type Scope,
} from './filter.ts'
import type { Keys } from './keys.ts'
import { ofRanges } from './slots.ts'

/** The first place in the commit sequence from which on it was that time. */
export type FirstSince = (tenant: number, time: number) => number

/** Looks up the names of a question. Nothing in it grows: what takes a search is left to that. */
export function openBind(keys: Keys, firstSince: FirstSince) {
  function link(node: Extract<Node, { is: 'refers' | 'referred' }>, here: Scope): Filter {
    const other = keys.scope(here.tenant, node.type)
    const [source, target] = node.is === 'refers' ? [here, other] : [other, here]
    const sets = keys.setsOf(source, node.slot)
    const where = sets.length === 0 || other.list === undefined ? nothing : bind(node.where, other)
    return where.is === 'none' ? nothing : { is: node.is, sets, beside: tellsTarget(node), other, target, where }
  }

  function bind(node: Node, here: Scope): Filter {
    switch (node.is) {
      case 'all':
        return everything
      case 'none':
        return nothing
      case 'and':
        return allOf(node.of.map(it => bind(it, here)))
      case 'or':
        return anyOf(node.of.map(it => bind(it, here)))
      case 'not':
        return notOf(bind(node.of, here))
      case 'id':
        return rootsFilter(keys.rootsOf(here, node.ids))
      case 'updated':
        return current(firstSince(here.tenant, node.low), firstSince(here.tenant, node.high), here)
      case 'present':
        return present(keys, node.slots, here)
      case 'element':
        return element(keys, node.of, here)
      case 'refers':
      case 'referred':
        return link(node, here)
      default:
        return leaf(keys, node, here)
    }
  }

  return bind
}

export type Bind = ReturnType<typeof openBind>

function present(keys: Keys, slots: readonly string[], here: Scope): Filter {
  const of = (names: readonly string[]) => [...new Set(names.flatMap(name => keys.setsOf(here, name)))]
  return presentIn(of(slots), of(slots.map(ofRanges)))
}

type Never = { readonly is: 'none' }

function leaf(keys: Keys, of: Leaf, here: Scope): LeafFilter | Never {
  const sets = keys.setsOf(here, of.is === 'range' ? ofRanges(of.slot) : of.slot)
  if (sets.length === 0) return { is: 'none' }
  switch (of.is) {
    case 'prefix':
    case 'contains':
      return { is: of.is, sets, texts: [of.text] }
    case 'term': {
      const terms = keys.termsOf(sets, of.texts)
      return terms.length === 0 ? { is: 'none' } : { is: 'terms', sets, terms }
    }
    default: {
      const terms = of.unit === undefined ? undefined : keys.termsOf(sets, [of.unit])
      if (terms?.length === 0) return { is: 'none' }
      return { is: 'range', sets, terms, line: of.unit === '', any: [of.tests] }
    }
  }
}

function element(keys: Keys, of: readonly Part[], here: Scope): Filter {
  const parts = of.map(it => part(keys, it, here))
  const never = parts.some(it => it.is === 'none' || (it.is === 'or' && it.of.length === 0))
  return never ? nothing : { is: 'element', of: parts }
}

function part(keys: Keys, of: Part, here: Scope): PartFilter {
  if (of.is !== 'or') return leaf(keys, of, here)
  const parts = of.of.map(it => part(keys, it, here)).filter(({ is }) => is !== 'none')
  return parts.length === 1 ? (parts[0] as PartFilter) : { is: 'or', of: parts }
}
