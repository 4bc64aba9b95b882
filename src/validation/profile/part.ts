/** The elements of a snapshot as a tree, slices with the element that they slice. https://hl7.org/fhir/R4/elementdefinition.html#path */
import type { ElementDefinition, StructureDefinition } from '../../conformance/structure-definition.ts'

export type Part = {
  readonly definition: ElementDefinition
  /** The last step of the path: `value[x]`. */
  readonly name: string
  readonly children: ReadonlyMap<string, Part>
  /** In the order of the snapshot; a slice's own slices slice it further. */
  readonly slices: readonly Part[]
  /** The top of the tree, from which contentReferences are followed. */
  readonly root: Part
}

export type Tree = {
  readonly definition: StructureDefinition
  readonly root: Part
  /** What of the snapshot has no place in the tree. */
  readonly faults: readonly string[]
}

type Draft = Pick<Part, 'definition' | 'name'> & {
  readonly children: Map<string, Draft>
  readonly slices: Draft[]
  readonly root: Draft
}

export function treeOf(definition: StructureDefinition): Tree {
  const [first, ...others] = definition.snapshot?.element ?? []
  const root = rootOf(first ?? { path: definition.type })
  const faults = first === undefined ? ['it has no snapshot'] : []
  // The latest element of each depth: what follows deeper belongs to it, be it a slice or not.
  const latest: Draft[] = [root]
  for (const element of others) {
    const steps = element.path.split('.')
    const depth = steps.length - 1
    const parent = latest[depth - 1]
    if (parent === undefined || parent.name !== steps[depth - 1]) {
      faults.push(`the element ${labelOf(element)} follows on none that it belongs to`)
      continue
    }
    latest.length = depth
    latest.push(place(element, steps[depth] ?? '', parent))
  }
  return { definition, root, faults }
}

/** For messages: the id tells slices apart. */
export function labelOf({ id, path, sliceName }: ElementDefinition): string {
  return id ?? (sliceName === undefined ? path : `${path}:${sliceName}`)
}

function rootOf(definition: ElementDefinition): Draft {
  const root: Draft = {
    definition,
    name: definition.path,
    children: new Map(),
    slices: [],
    get root() {
      return root
    },
  }
  return root
}

function place(definition: ElementDefinition, name: string, parent: Draft): Draft {
  const sliced = parent.children.get(name) ?? choiceOf(name, parent)
  const draft: Draft = { definition, name: sliced?.name ?? name, children: new Map(), slices: [], root: parent.root }
  if (sliced === undefined) {
    parent.children.set(name, draft)
  } else {
    ownerOf(definition.sliceName ?? name, sliced).slices.push(draft)
  }
  return draft
}

/** `valueQuantity` as a short form of a slice of `value[x]`; not `valueSet`, which no type is called. */
function choiceOf(name: string, parent: Draft): Draft | undefined {
  return [...parent.children.values()].find(({ name: choice, definition: { type = [] } }) => {
    const stem = choice.slice(0, -'[x]'.length)
    const suffix = choice.endsWith('[x]') && name.startsWith(stem) ? name.slice(stem.length) : ''
    return type.some(({ code }) => suffix === code.charAt(0).toUpperCase() + code.slice(1))
  })
}

/** `a/b` slices the slice `a` again. https://hl7.org/fhir/R4/profiling.html#reslicing */
function ownerOf(sliceName: string, sliced: Draft): Draft {
  const owner = sliced.slices.find(({ definition }) => sliceName.startsWith(`${definition.sliceName}/`))
  return owner === undefined ? sliced : ownerOf(sliceName, owner)
}
