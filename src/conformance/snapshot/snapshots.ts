/** Snapshots are worked out when they are first asked for, once each, however definitions refer to each other. */
import { error, type Issue } from '../../fhir/issue.ts'
import type { Filed, Header, Layer } from '../layer.ts'
import type { StructureDefinition } from '../structure-definition.ts'
import { snapshotOf } from './snapshot.ts'
import { printTree, treeOf } from './tree.ts'

export type Worked = { readonly structure: StructureDefinition; readonly issues: readonly Issue[] }

/** Profiles on profiles on profiles …; R4 has three, national guides six. */
const longestChain = 32
/** Profiles that unfold profiles that unfold profiles …; each takes a dozen calls of the stack. */
const deepest = 64

/** `undefined` for one that is being worked out at this moment, further up the stack, or that lies too deep. */
export function snapshots(layer: Layer): (filed: Filed) => Worked | undefined {
  const done = new Map<Header, Worked>()
  const busy = new Set<Header>()
  /** Worked out while one of those that they name was not ready: good for the one that is being made, not for later. */
  const provisional = new Set<Header>()
  let isProvisional = false

  return ({ header, read }) => {
    const known = done.get(header)
    if (known) return known
    if (busy.has(header) || busy.size === deepest) {
      isProvisional = true
      return undefined
    }
    busy.add(header)
    try {
      const worked = workedOut(header, read(), layer)
      done.set(header, worked)
      if (isProvisional && busy.size > 1) provisional.add(header)
      return worked
    } finally {
      busy.delete(header)
      if (busy.size === 0) {
        for (const each of provisional) done.delete(each)
        provisional.clear()
        isProvisional = false
      }
    }
  }
}

function workedOut(header: Header, definition: StructureDefinition, layer: Layer): Worked {
  const { differential: _, ...structure } = definition
  const published = treeOf(definition.snapshot?.element ?? [])
  if (published) return { structure: { ...structure, snapshot: { element: printTree(published) } }, issues: [] }
  const fault = faultOfBase(header, layer)
  if (fault) return { structure, issues: [fault] }
  const { element, issues } = snapshotOf(definition, layer)
  return { structure: { ...structure, snapshot: { element } }, issues }
}

/** Whatever keeps a differential from standing on its base. */
function faultOfBase(definition: Header, layer: Layer): Issue | undefined {
  const { baseDefinition, derivation, type } = definition
  const say = (what: string, element = 'baseDefinition'): Issue =>
    error('business-rule', `${definition.url}: ${what}`, `StructureDefinition.${element}`)
  if (baseDefinition === undefined)
    return derivation === undefined ? undefined : say('it is derived, but names no base')
  const chain = chainOf(definition, layer)
  if (chain.length > longestChain) return say(`it stands on more than ${longestChain} definitions`)
  if (new Set(chain).size < chain.length)
    return say(`there is a circle of bases: ${chain.map(canonicalOf).join(' → ')}`)
  const base = layer.header(baseDefinition)
  if (!base) return say(`its base ${baseDefinition} is not known`)
  if (derivation === 'constraint' && base.type !== type) {
    return say(`it is about ${type}, its base ${baseDefinition} about ${base.type}`, 'type')
  }
  return layer.find(baseDefinition)
    ? undefined
    : say(`its base ${baseDefinition} cannot be used: ${whyNot(baseDefinition, layer)}`)
}

/** What it stands on, itself first, to the end or to the first that comes again. */
function chainOf(definition: Header, layer: Layer): readonly Header[] {
  const chain = [definition]
  let each: Header | undefined = definition
  while (each && chain.length <= longestChain && chain.indexOf(each) === chain.lastIndexOf(each)) {
    each = each.baseDefinition === undefined ? undefined : layer.header(each.baseDefinition)
    if (each) chain.push(each)
  }
  return chain
}

function canonicalOf({ url, version }: Header): string {
  return version === undefined ? url : `${url}|${version}`
}

function whyNot(canonical: string, layer: Layer): string {
  return layer.faults(canonical)[0]?.diagnostics ?? 'it is being worked out'
}
