/** All definitions of one time and tenant, each read and compiled when it is first needed, and kept. */
import type { Layer } from '../../conformance/layer.ts'
import type { StructureDefinition, Structures } from '../../conformance/structure-definition.ts'
import type { Issue } from '../../fhir/issue.ts'
import type { CompileInvariant } from '../invariant.ts'
import { compileOverlay } from './overlay.ts'
import { type Tree, treeOf } from './part.ts'
import type { Beyond, ItemCheck } from './run.ts'
import { coreCanonical, type Library, type Profile, type Scope } from './scope.ts'
import { compileType } from './type.ts'

export type World = {
  readonly structures: Known
  readonly compileInvariant: CompileInvariant
  /** ms since 1970, for constraints that speak of today. */
  readonly now?: () => number
  /** By type of resource. */
  readonly beyond?: ReadonlyMap<string, Beyond>
}

/** R4's own constraints may cost more than others'; what is faulty is not found, and may be told of. */
type Known = Structures & Partial<Pick<Layer, 'isCore' | 'faults'>>

export function libraryOf({ structures, compileInvariant, now }: World): Library {
  const trees = new Map<string, Tree>()
  const types = new Map<string, ItemCheck>()
  const profiles = new Map<string, Profile>()
  const unknown = fewTexts()
  const library: Library = {
    compileInvariant,
    now,
    isCore: structures.isCore ?? isNamedAsCore,
    faults: structures.faults ?? (() => []),
    find: canonical => structures.find(canonical),
    tree: canonical => trees.get(canonical) ?? kept(trees, canonical, treeFor(structures.find(canonical))),
    type: name => types.get(name) ?? kept(types, name, typeCheck(name, library)) ?? nothing,
    profile(canonical) {
      const known = profiles.get(canonical)
      if (known !== undefined || unknown.has(canonical)) return known
      const made = kept(profiles, canonical, profileFor(canonical, library))
      if (made === undefined) unknown.add(canonical)
      return made
    },
  }
  return library
}

function isNamedAsCore(url: string): boolean {
  return url.startsWith(coreCanonical)
}

const nothing: ItemCheck = () => {}

function kept<V>(map: Map<string, V>, key: string, made: V | undefined): V | undefined {
  if (made !== undefined) map.set(key, made)
  return made
}

const most = { texts: 1_000, characters: 500 } // of what nobody knows: clients may name as many as they like, as long as they like

/** The claims and extensions of a guide that is not installed come with each resource. */
function fewTexts(): Pick<Set<string>, 'has' | 'add'> {
  const texts = new Set<string>()
  return {
    has: text => texts.has(text),
    add(text) {
      if (texts.size >= most.texts) texts.clear()
      return text.length > most.characters ? texts : texts.add(text)
    },
  }
}

function treeFor(definition: StructureDefinition | undefined): Tree | undefined {
  return definition && treeOf(definition)
}

/** A type's own definition, of which the structural check has proven that values are what it says. */
function typeCheck(name: string, library: Library): ItemCheck | undefined {
  const definition = library.find(coreCanonical + name)
  return definition && watched(definition, library, scope => typeFrom(library.tree(coreCanonical + name), scope))
}

function typeFrom(tree: Tree | undefined, scope: Scope): ItemCheck {
  return tree === undefined ? nothing : compileType(tree.root, scope)
}

function profileFor(canonical: string, library: Library): Profile | undefined {
  const tree = library.tree(canonical)
  if (tree === undefined) return undefined
  const { definition } = tree
  return { definition, check: watched(definition, library, scope => compileOverlay(tree, scope)) }
}

/**
 * Compiled when it is first needed: definitions refer to themselves and to hundreds of others, most of which a process never
 * meets. What is wrong with a definition is told of wherever it is used; some of it shows only then.
 */
function watched(definition: StructureDefinition, library: Library, compile: (scope: Scope) => ItemCheck): ItemCheck {
  const problems: Issue[] = []
  const problem = (text: string): void => {
    const diagnostics = `in the definition ${definition.url}: ${text}`
    if (problems.some(known => known.diagnostics === diagnostics)) return
    problems.push({ severity: 'warning', code: 'processing', diagnostics, source: definition.url })
  }
  let check: ItemCheck | undefined
  return (value, twin, type, run) => {
    check ??= compile({ library, definition, problem, compiled: new Map() })
    check(value, twin, type, run)
    if (problems.length > 0 && !run.problems.includes(problems)) run.problems.push(problems)
  }
}
