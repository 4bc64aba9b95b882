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
  const library: Library = {
    compileInvariant,
    now,
    isCore: structures.isCore ?? isNamedAsCore,
    faults: structures.faults ?? (() => []),
    find: canonical => structures.find(canonical),
    tree: canonical => kept(trees, canonical, () => treeFor(structures.find(canonical))),
    type: name =>
      kept(types, name, () =>
        structures.find(coreCanonical + name) === undefined ? undefined : lazily(() => typeCheck(name, library)),
      ) ?? nothing,
    profile: canonical => kept(profiles, canonical, () => profileFor(canonical, library)),
  }
  return library
}

function isNamedAsCore(url: string): boolean {
  return url.startsWith(coreCanonical)
}

const nothing: ItemCheck = () => {}

/** What is not known is not kept either: clients may name as many of those as they like. */
function kept<V, W extends V | undefined>(map: Map<string, V>, key: string, make: () => W): V | W {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  if (made !== undefined) map.set(key, made)
  return made
}

function treeFor(definition: StructureDefinition | undefined): Tree | undefined {
  return definition && treeOf(definition)
}

/** A type's own definition, of which the structural check has proven that values are what it says. */
function typeCheck(name: string, library: Library): ItemCheck {
  const tree = library.tree(coreCanonical + name)
  return tree === undefined ? nothing : watched(tree.definition, library, scope => compileType(tree.root, scope))
}

function profileFor(canonical: string, library: Library): Profile | undefined {
  const tree = library.tree(canonical)
  if (tree === undefined) return undefined
  const { definition } = tree
  return { definition, check: lazily(() => watched(definition, library, scope => compileOverlay(tree, scope))) }
}

/** Definitions refer to themselves and to hundreds of others, most of which a process never meets. */
function lazily(compile: () => ItemCheck): ItemCheck {
  let check: ItemCheck | undefined
  return (value, twin, type, run) => {
    check ??= compile()
    check(value, twin, type, run)
  }
}

/** What is wrong with a definition is told of wherever it is used; some of it shows only then. */
function watched(definition: StructureDefinition, library: Library, compile: (scope: Scope) => ItemCheck): ItemCheck {
  const problems: Issue[] = []
  const problem = (text: string): void => {
    const diagnostics = `in the definition ${definition.url}: ${text}`
    if (problems.some(known => known.diagnostics === diagnostics)) return
    problems.push({ severity: 'warning', code: 'processing', diagnostics, source: definition.url })
  }
  const check = compile({ library, definition, problem, compiled: new Map() })
  return (value, twin, type, run) => {
    check(value, twin, type, run)
    if (problems.length > 0) run.problems.add(problems)
  }
}
