/** A snapshot in the making. */
import { error, fail, type Issue } from '../../fhir/issue.ts'
import type { ElementDefinition, StructureDefinition, Structures, TypeRef } from '../structure-definition.ts'
import { copyOf, type Node, sizeOf } from './tree.ts'

export type Draft = {
  readonly definition: StructureDefinition
  readonly structures: Structures
  readonly root: Node
  /** As the base has it: what elements that repeat another are made of. */
  readonly base: Node | undefined
  readonly issues: Issue[]
  /** Choices that name their types one by one (`valueQuantity`), with those they had before. */
  readonly narrowed: Map<Node, readonly TypeRef[]>
  /** Elements that this differential divides, with whatever it said of them before. */
  readonly sliced: Set<Node>
  /** Which element of the differential is being worked in. */
  at: number
  /** Slices of slices of slices multiply: how many more elements it may have. */
  room: number
}

export const BASE = 'http://hl7.org/fhir/StructureDefinition/'
/** Elements; the largest of R4 has 250, a document with all its sections unfolded some thousands. */
export const largest = 10_000

export function copied(nodes: readonly Node[], draft: Draft): Node[] {
  nodes.forEach(node => {
    spend(sizeOf(node), draft)
  })
  return nodes.map(copyOf)
}

export function spend(elements: number, draft: Draft): void {
  draft.room -= elements
  if (draft.room < 0) throw fail('too-costly', `its snapshot would have more than ${largest} elements`)
}

/** Where names of types are meant, as in `type.code`; logical models are named by their url. */
export function typeUrl(code: string): string {
  return code.includes(':') ? code : BASE + code
}

export function complain(draft: Draft, code: Issue['code'], what: string, severity: Issue['severity'] = 'error'): void {
  const element = draft.definition.differential?.element[draft.at]
  draft.issues.push({ ...error(code, `${nameOf(element)}: ${what}`, placeOf(draft)), severity })
}

export function placeOf({ at }: Draft): string {
  return `StructureDefinition.differential.element[${at}]`
}

function nameOf(element: ElementDefinition | undefined): string {
  return element?.id ?? element?.path ?? ''
}
