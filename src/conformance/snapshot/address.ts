/** Where an element of a differential belongs. https://hl7.org/fhir/R4/elementdefinition.html#id */
import type { ElementDefinition } from '../structure-definition.ts'

export type Step = { readonly name: string; readonly slice: string | undefined }

/**
 * Below the root. The id says it all (`Patient.identifier:mrn.system`); without one the path does, and what it leaves open is
 * told by the element before: `Patient.identifier.system` after the slice `mrn` is the slice's.
 */
export function addressOf(element: ElementDefinition, before: readonly Step[]): readonly Step[] {
  const names = element.path.split('.').slice(1)
  const steps = stepsOf(element.id, names) ?? inContext(names, before)
  const last = steps.at(-1)
  if (!last || element.sliceName === undefined) return steps
  return [...steps.slice(0, -1), { name: last.name, slice: element.sliceName }]
}

/** Ids that do not follow the path are as good as none. */
function stepsOf(id: string | undefined, names: readonly string[]): readonly Step[] | undefined {
  const steps = id?.split('.').slice(1).map(stepOf)
  const isSame = steps?.length === names.length && steps.every(({ name, slice }, at) => fits(name, slice, names[at]))
  return isSame ? steps : undefined
}

function stepOf(text: string): Step {
  const [name = '', ...slice] = text.split(':')
  return { name, slice: slice.length === 0 ? undefined : slice.join(':') }
}

/** The path `valueQuantity` may have the id `value[x]:valueQuantity`. */
function fits(name: string, slice: string | undefined, inPath: string | undefined): boolean {
  return name === inPath || (name.endsWith('[x]') && slice === inPath)
}

function inContext(names: readonly string[], before: readonly Step[]): readonly Step[] {
  const different = names.findIndex((name, at) => at === names.length - 1 || before[at]?.name !== name)
  return names.map((name, at) => ({ name, slice: at < different ? before[at]?.slice : undefined }))
}
