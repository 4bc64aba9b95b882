/** How types are kept at this moment, for those who write, read and ask. */
import { isContained } from '../../search/contained.ts'
import type { Store, Version } from '../../store/port.ts'
import { isOpen } from './blind.ts'
import { type Declared, declaredTypes, type Keeping } from './declared.ts'
import { type Extent, type ExtentOf, nothing } from './extent.ts'
import { storedType } from './sealed-text.ts'

/** Whether the entries of a slot are blind; both sorts, while that is changed and where things of several sorts lie together. */
export type Ways = 'clear' | 'blind' | 'both'

export type Scheme = {
  readonly types: readonly string[]
  /** What is written from now on. */
  readonly writes: (of: Pick<Version, 'type' | 'id'>) => Extent
  /** What may be there; nothing for types that were never sealed. */
  readonly reads: (of: Pick<Version, 'type' | 'id'>) => readonly Extent[]
  readonly ways: (type: string, slot: string) => Ways
  /** Of what resources of the type contain. */
  readonly inside: (container: string) => Ways
}

export type Schemes = () => Scheme | Promise<Scheme>

export type SchemeNeeds = {
  readonly store: Pick<Store, 'note'>
  readonly extentOf: ExtentOf
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
}

/** ms; a change waits longer than this before it goes on from writing otherwise. */
export const lasting = 1_000

/** Asked for anew each second: another process may have begun to change it. */
export function openSchemes({ store, extentOf, elapsed }: SchemeNeeds): Schemes {
  let known: { readonly text: string; readonly scheme: Scheme; readonly until: number } | undefined
  let asking: Promise<Scheme> | undefined

  async function ask(): Promise<Scheme> {
    const until = elapsed() + lasting
    const types = await declaredTypes(store)
    const text = JSON.stringify([...types])
    known = { text, scheme: text === known?.text ? known.scheme : schemeOf(types, extentOf), until }
    return known.scheme
  }

  return () => {
    if (known !== undefined && elapsed() < known.until) return known.scheme
    asking ??= ask().finally(() => {
      asking = undefined
    })
    return asking
  }
}

function schemeOf(types: Declared, extentOf: ExtentOf): Scheme {
  const extents = new Map([...types].map(([type, keeping]) => [type, both(type, keeping, extentOf)]))
  const inside = (container: string): Ways =>
    waysOf((extents.get(container) ?? [nothing]).map(({ is }) => is === 'all'))
  const anywhere = [...types.keys()].every(type => inside(type) === 'clear') ? 'clear' : 'both'
  const reads: Scheme['reads'] = of => {
    const found = extents.get(storedType(of)) ?? []
    return isContained(of.type) ? found.map(extent => (extent.is === 'all' ? extent : nothing)) : found
  }
  return {
    types: [...types.keys()],
    reads,
    writes: of => reads(of).at(-1) ?? nothing,
    ways(type, slot) {
      if (isOpen(slot)) return 'clear'
      if (isContained(type)) return anywhere
      return waysOf((extents.get(type) ?? [nothing]).map(extent => isBlind(extent, slot)))
    },
    inside,
  }
}

/** The last one is written. */
function both(type: string, { is, next }: Keeping, extentOf: ExtentOf): readonly Extent[] {
  return [extentOf(type, is), ...(next === undefined ? [] : [extentOf(type, next)])]
}

export function isBlind(extent: Extent, slot: string): boolean {
  return extent.is === 'elements' ? !extent.isClear(slot) : extent.is === 'all'
}

function waysOf(blind: readonly boolean[]): Ways {
  if (!blind.includes(true)) return 'clear'
  return blind.includes(false) ? 'both' : 'blind'
}
