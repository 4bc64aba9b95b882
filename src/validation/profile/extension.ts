/** Extensions by the definitions that their urls name. https://hl7.org/fhir/R4/extensibility.html */
import type { StructureDefinition } from '../../conformance/structure-definition.ts'
import type { Issue } from '../../fhir/issue.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import { add, quote } from '../findings.ts'
import type { Invariant } from '../invariant.ts'
import { elementPath, type Run } from './run.ts'
import { coreCanonical, type Library, type Profile } from './scope.ts'

/** Of the extensions that an object, to which the path leads, has under `extension` or `modifierExtension`. */
export type ExtensionCheck = (owner: JsonObject, name: string, run: Run) => void

type Known = {
  readonly profile: Profile
  readonly isModifier: boolean
  /** Names and paths of elements, urls of extensions. */
  readonly contexts: readonly string[]
  readonly invariants: readonly ContextInvariant[]
}

/** By the type of what has the extension. */
type ContextInvariant = { readonly expression: string; readonly compiled: Map<string, Invariant> }

/** Where every extension may stand. */
const anywhere = new Set(['Element', 'Resource'])

/** Where R4's own definitions, and those of guides that everybody uses, have extensions whose contexts forget it. */
const forgotten: ReadonlyMap<string, readonly string[]> = new Map([
  [`${coreCanonical}structuredefinition-fhir-type`, ['ElementDefinition.type']],
  [`${coreCanonical}structuredefinition-normative-version`, ['DomainResource', 'ElementDefinition']],
  [`${coreCanonical}regex`, ['ElementDefinition.type']],
  [
    `${coreCanonical}capabilitystatement-expectation`,
    ['multipleOr', 'multipleAnd', 'comparator', 'modifier', 'chain'].map(name => `SearchParameter.${name}`),
  ],
  [`${coreCanonical}valueset-concept-comments`, ['CodeSystem.concept']],
])

/** `contexts`: names by which extensions may ask for this place, the type first. */
export function extensionCheck(contexts: readonly string[], library: Library): ExtensionCheck {
  const places = new Set(contexts)
  const [type = 'Element'] = contexts
  return (owner, name, run) => {
    const extensions = owner[name]
    if (!Array.isArray(extensions)) return
    const { path } = run.found
    const { element } = run
    for (let index = 0; index < extensions.length; index++) {
      path.push(name, index)
      const extension: Json = extensions[index] ?? null
      if (isObject(extension)) {
        library.type('Extension')(extension, undefined, 'Extension', run)
        checkKnown(extension, name, owner, { places, type, element, library }, run)
      }
      path.pop()
      path.pop()
    }
  }
}

type Surroundings = {
  readonly places: ReadonlySet<string>
  readonly type: string
  /** The definition of the element that has the extension. */
  readonly element: string
  readonly library: Library
}

function checkKnown(
  extension: JsonObject,
  name: string,
  owner: JsonObject,
  surroundings: Surroundings,
  run: Run,
): void {
  const { url } = extension
  // Relative urls are for the extension around it to define.
  if (typeof url !== 'string' || !url.includes(':')) return
  const extended = knownBy(url, surroundings.library)
  if (extended === undefined) {
    if (name === 'modifierExtension') {
      const text = `the modifier extension ${quote(url)} is not known here: whoever does not understand it must not use the data`
      add(run.found, { severity: 'warning', code: 'extension', diagnostics: text })
    }
    return
  }
  checkPlace(extended, name, owner, surroundings, run)
  extended.profile.check(extension, undefined, 'Extension', run)
}

function checkPlace(
  { profile, isModifier, contexts, invariants }: Known,
  name: string,
  owner: JsonObject,
  { places, type, element, library }: Surroundings,
  run: Run,
): void {
  const report = (diagnostics: string, issue: Partial<Issue> = {}): void =>
    add(run.found, { severity: 'error', code: 'extension', diagnostics, source: profile.definition.url, ...issue })
  const { url } = profile.definition
  if (isModifier !== (name === 'modifierExtension')) {
    const property = isModifier ? 'modifierExtension' : 'extension'
    report(`${quote(url)} stands in ${name}, expected in ${property}`)
  }
  const isPlace = (context: string): boolean =>
    anywhere.has(context) || places.has(context) || context === element.replace('[x]', '')
  if (!contexts.some(isPlace) && !isAtPath(contexts, owner, run)) {
    report(`${quote(url)} does not belong here, expected on ${contexts.join(', ')}`)
  }
  for (const { expression, compiled } of invariants) {
    if (
      !keeps(
        kept(compiled, type, () => compileOr(expression, type, library)),
        owner,
        run,
      )
    ) {
      report(`${quote(url)} does not belong here, expected only where ${expression}`, { code: 'invariant' })
    }
  }
}

/** What stands where is judged by the definitions; `Patient.name.family` and the urls of extensions only by the data. */
function isAtPath(contexts: readonly string[], owner: JsonObject, run: Run): boolean {
  if (contexts.length === 0 || contexts.includes(String(owner['url']))) return true
  const path = elementPath(run).replace(/\.(?:extension|modifierExtension)$/, '')
  return contexts.includes(path)
}

function keeps(holds: Invariant, owner: JsonObject, run: Run): boolean {
  try {
    return holds(owner, undefined, run.around)
  } catch {
    return true
  }
}

const known = new WeakMap<Library, Map<string, Known>>()

function knownBy(url: string, library: Library): Known | undefined {
  const ofLibrary = known.get(library) ?? new Map<string, Known>()
  known.set(library, ofLibrary)
  const found = ofLibrary.get(url) ?? read(url, library)
  if (found !== undefined) ofLibrary.set(url, found)
  return found
}

function read(url: string, library: Library): Known | undefined {
  const profile = library.profile(url)
  if (profile === undefined || profile.definition.type !== 'Extension') return undefined
  const { definition } = profile
  const { contextInvariant = [] } = definition
  return {
    profile,
    isModifier: definition.snapshot?.element[0]?.isModifier === true,
    contexts: contextsOf(definition),
    // What they ask of the extension itself is left out: `%extension` is no variable of the compiler.
    invariants: contextInvariant
      .filter(expression => !expression.includes('%extension'))
      .map(expression => ({ expression, compiled: new Map() })),
  }
}

/** Only elements and extensions can be told from where the data stand; a fhirpath that is more than a path passes. */
function contextsOf({ url, context = [] }: StructureDefinition): readonly string[] {
  const written = context.map(({ expression }) => expression.replaceAll('[x]', ''))
  return context.some(({ type, expression }) => type === 'fhirpath' && !/^[A-Za-z.]+$/.test(expression))
    ? ['Element']
    : [...written.map(text => text.replace(/^https?:.*#(?=[a-z])/, '')), ...(forgotten.get(url) ?? [])]
}

/** One that does not compile is not applied. */
function compileOr(expression: string, type: string, { compileInvariant }: Library): Invariant {
  try {
    return compileInvariant(expression, type, 'own')
  } catch {
    return () => true
  }
}

function kept(compiled: Map<string, Invariant>, type: string, compile: () => Invariant): Invariant {
  const invariant = compiled.get(type) ?? compile()
  compiled.set(type, invariant)
  return invariant
}
