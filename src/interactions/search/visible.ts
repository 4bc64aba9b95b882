/** What somebody may search by: nothing that tells of elements which are hidden from him. */
import { visibleCompartments, visibleParameters } from '../../search/visible.ts'
import type { Access } from '../../security/access/access.ts'
import type { Context } from '../interaction.ts'
import type { SearchNeeds } from './needs.ts'

/** The same object for the same elements: what was learnt of a walk is kept by it. */
const known = new WeakMap<SearchNeeds, Map<string, SearchNeeds>>()
const most = 100 // sets of hidden elements

export function visibleTo(access: Access, { search, shapes }: Pick<Context, 'search' | 'shapes'>): SearchNeeds {
  const closed = shapes.resourceTypes.flatMap((type): [string, readonly string[]][] => {
    const { hidden } = access.limits(type)
    return hidden.length === 0 ? [] : [[type, hidden]]
  })
  if (closed.length === 0) return search
  const seen = known.get(search) ?? new Map<string, SearchNeeds>()
  known.set(search, seen)
  const key = JSON.stringify(closed)
  const found = seen.get(key) ?? visible(new Map(closed), search, shapes)
  if (seen.size >= most) seen.clear()
  seen.set(key, found)
  return found
}

function visible(
  closed: ReadonlyMap<string, readonly string[]>,
  search: SearchNeeds,
  shapes: Context['shapes'],
): SearchNeeds {
  const hidden = (type: string): readonly string[] => closed.get(type) ?? []
  const parameters = visibleParameters(search.parameters, hidden, shapes)
  const own = search.own.filter(({ code, base }) => base.every(type => isShown(parameters, type, code)))
  return { ...search, own, parameters, compartments: visibleCompartments(search.compartments, parameters, hidden) }
}

function isShown({ of }: SearchNeeds['parameters'], type: string, code: string): boolean {
  const shown = of(type)
  return shown.size === 0 || shown.has(code)
}
