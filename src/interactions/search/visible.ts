/** What somebody may search by: nothing that tells of elements which are hidden from him. */
import { visibleCompartments, visibleParameters } from '../../search/visible.ts'
import type { Access } from '../../security/access/access.ts'
import type { Context } from '../interaction.ts'
import type { SearchNeeds } from './needs.ts'

type Known = {
  /** The same object for the same elements: what was learnt of a walk is kept by it. */
  readonly byElements: Map<string, SearchNeeds>
  /** Whoever asks again does so by the same rights. */
  readonly byAccess: WeakMap<Access, SearchNeeds>
}

const known = new WeakMap<SearchNeeds, Known>()
const most = 100 // sets of hidden elements

export function visibleTo(access: Access, { search, shapes }: Pick<Context, 'search' | 'shapes'>): SearchNeeds {
  const seen = known.get(search) ?? { byElements: new Map(), byAccess: new WeakMap() }
  known.set(search, seen)
  const found = seen.byAccess.get(access) ?? shown(access, seen, { search, shapes })
  seen.byAccess.set(access, found)
  return found
}

function shown(
  access: Access,
  { byElements }: Known,
  { search, shapes }: Pick<Context, 'search' | 'shapes'>,
): SearchNeeds {
  const closed = shapes.resourceTypes.flatMap((type): [string, readonly string[]][] => {
    const { hidden } = access.limits(type)
    return hidden.length === 0 ? [] : [[type, hidden]]
  })
  if (closed.length === 0) return search
  const key = JSON.stringify(closed)
  const found = byElements.get(key) ?? visible(new Map(closed), search, shapes)
  if (byElements.size >= most) byElements.clear()
  byElements.set(key, found)
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
