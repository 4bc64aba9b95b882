/** How much of a type's resources is sealed: nothing, all of it, or chosen elements, as `KILN_ENCRYPTION` names them. */
import type { Definitions } from '../../conformance/definitions.ts'
import { type Parameters, searchParameters } from '../../search/parameters.ts'
import { visibleParameters } from '../../search/visible.ts'
import { elementsNamed, type Tree, treeOf } from '../access/elements.ts'
import { auditType } from '../audit/audit-event.ts'
import { BadKeys } from './key-wrapper.ts'

export type Extent =
  | { readonly is: 'nothing'; readonly form: string }
  | { readonly is: 'all'; readonly form: string }
  | {
      readonly is: 'elements'
      /** The same for the same elements. */
      readonly form: string
      readonly tree: Tree
      /** Whether what is found in the slot tells nothing of what is sealed. */
      readonly isClear: (slot: string) => boolean
    }

export const nothing: Extent = { is: 'nothing', form: '' }
export const everything: Extent = { is: 'all', form: '*' }

/** By type, the names that `KILN_ENCRYPTION` has for it, in order: `Patient`, or `Patient.identifier` and others. */
export type Chosen = ReadonlyMap<string, readonly string[]>

/** What was asked for, and by whom, tells of patients as much as their resources do. */
const ofTheAudit = [`${auditType}.entity.detail`, `${auditType}.entity.query`]

export function chosenBy(names: readonly string[]): Chosen {
  if (names.length === 0) return new Map()
  const hasAudit = names.some(name => typeOf(name) === auditType)
  return Map.groupBy([...new Set(hasAudit ? names : [...names, ...ofTheAudit])].sort(), typeOf)
}

function typeOf(name: string): string {
  return name.split('.', 1)[0] ?? ''
}

export type ExtentOf = (type: string, names: readonly string[]) => Extent

/** Throws `BadKeys` for names that do not fit. */
export function extentsBy(definitions: Pick<Definitions, 'shapes' | 'searchParameters'>): ExtentOf {
  const { shapes } = definitions
  const known = new Map<string, Extent>()
  let parameters: Parameters | undefined

  function elementsOf(type: string, names: readonly string[]): Extent {
    const paths = names.flatMap(name => pathsOf(name, type, shapes))
    const all = paths.concat(shapes.shape(type)?.elements.has('text') ? 'text' : []) // the narrative tells all of it
    parameters ??= searchParameters(definitions)
    const clear = visibleParameters(parameters, () => all, shapes).of(type)
    const isClear = (slot: string): boolean => slot.startsWith('#') || clear.has(/^[\w-]+/.exec(slot)?.[0] ?? '')
    return { is: 'elements', form: names.join(), tree: treeOf(all), isClear }
  }

  return (type, names) => {
    if (!shapes.resourceTypes.includes(type)) throw strange(names.join(), 'expected resource types of R4')
    if (names.length === 0) return nothing
    if (names.includes(type)) {
      if (names.length === 1) return everything
      throw strange(names.join(), `expected either ${type} or elements of it`)
    }
    const key = names.join()
    const extent = known.get(key) ?? elementsOf(type, names)
    known.set(key, extent)
    return extent
  }
}

/** By these the server finds, judges and keeps apart what it has; what is contained is stored on its own. */
const needed = /^\w+\.(?:contained|implicitRules)(?:\.|$)|^Binary\.securityContext\b/

function pathsOf(name: string, type: string, shapes: Definitions['shapes']): readonly string[] {
  if (needed.test(name)) throw strange(name, 'expected an element that the server does not need in the clear')
  const named = elementsNamed(name, type, shapes)
  if ('unknown' in named) throw strange(name, `${named.unknown}; expected an element of ${type} other than id and meta`)
  const inside = named.paths.map(path => recursive(path, type, shapes)).find(path => path !== undefined)
  if (inside === undefined) return named.paths
  throw strange(name, `${type}.${inside} may be within itself; expected ${type}.${inside} as a whole`)
}

/** What is chosen of the first level only would stay readable in those below: `item` of a Questionnaire, extensions. */
function recursive(path: string, type: string, { shape }: Definitions['shapes']): string | undefined {
  const names = path.split('.')
  let here = type
  for (const [at, name] of names.slice(0, -1).entries()) {
    here = shape(here)?.elements.get(name)?.type ?? ''
    const own = [...(shape(here)?.elements.values() ?? [])]
    if (own.some(element => element.type === here)) return names.slice(0, at + 1).join('.')
  }
  return undefined
}

function strange(name: string, why: string): BadKeys {
  return new BadKeys(`KILN_ENCRYPTION names '${name}': ${why}`)
}
