/**
 * Does a well-formed resource keep the rules of its type, and of the profiles that it claims or is asked to conform to?
 * https://hl7.org/fhir/R4/validation.html
 */
import { type Issue, isError } from '../../fhir/issue.ts'
import { isObject, type Resource } from '../../fhir/resource.ts'
import { add, addAll, findingsAt, issuesOf, mostFindings, placeOf } from '../findings.ts'
import { allowance } from '../invariants.ts'
import { aroundOf, conforms } from './around.ts'
import { libraryOf, type World } from './library.ts'
import { inOrder, withoutRepeats } from './order.ts'
import type { Options, Requirement, Run } from './run.ts'
import type { Library } from './scope.ts'

/** All that is wrong, in the order of the resource; then what is wrong with the definitions. `at`: of a resource inside another. */
export type Validate = (resource: Resource, options: Options, at?: string) => readonly Issue[]

/** For as long as the definitions stay the same: each is compiled once. */
export function compileValidator(world: World): Validate {
  const library = libraryOf(world)
  const checkBeyond = (resource: Resource, run: Run): void => {
    const beyond = world.beyond?.get(resource.resourceType)
    if (beyond !== undefined) addAll(run.found, beyond(resource, placeOf(run.found), run.options))
  }
  const nested = (resource: Resource, isContained: boolean, run: Run): void => {
    if (run.options.apart?.has(resource) === true) return
    checkWithin(resource, isContained, run, library)
    if (!isContained) checkBeyond(resource, run)
  }
  return (resource, options, at = resource.resourceType) => {
    const found = findingsAt(at)
    const problems: (readonly Issue[])[] = []
    const run: Run = {
      found,
      options,
      problems,
      allowance: { left: allowance },
      trials: [],
      verdicts: new Map(),
      nested,
      resource,
      start: 0,
      root: resource,
      around: { resource },
      element: resource.resourceType,
      bundle: options.bundle,
    }
    run.around = aroundOf(resource, resource, run, library)
    checkBase(resource, run, library)
    checkProfiles(resource, run, library)
    checkBeyond(resource, run)
    if (found.issues.length === 0 && problems.length === 0) return []
    const { length } = found.issues
    const [issues, left] = [found.issues, issuesOf(found).slice(length)]
    return [
      ...inOrder(withoutRepeats(issues), resource, at),
      ...left,
      ...withoutRepeats(problems.flat()).slice(0, mostFindings),
    ]
  }
}

function checkProfiles(resource: Resource, run: Run, library: Library): void {
  const { profiles, also = [], required = [] } = run.options
  if (profiles === 'claimed') checkClaimed(resource, run, library)
  else for (const canonical of profiles) checkRequested(canonical, resource, run, library)
  for (const canonical of also) checkRequested(canonical, resource, run, library)
  for (const requirement of required) checkRequired(requirement, resource, run, library)
}

/** An entry of a Bundle, a parameter or a contained resource, by its own definition and its own claims. */
function checkWithin(resource: Resource, isContained: boolean, run: Run, library: Library): void {
  const { resource: outer, start, root, bundle, around } = run
  run.resource = resource
  run.start = run.found.path.length
  run.element = resource.resourceType
  if (!isContained) {
    run.root = resource
    run.bundle = outer.resourceType === 'Bundle' ? outer : bundle
  }
  run.around = aroundOf(resource, run.root, run, library)
  checkBase(resource, run, library)
  checkClaimed(resource, run, library)
  Object.assign(run, { resource: outer, start, root, bundle, around })
}

function checkBase(resource: Resource, run: Run, library: Library): void {
  library.type(resource.resourceType)(resource, undefined, resource.resourceType, run)
}

function checkClaimed(resource: Resource, run: Run, library: Library): void {
  const claims = isObject(resource.meta) ? resource.meta['profile'] : undefined
  if (!Array.isArray(claims)) return
  for (let index = 0; index < claims.length; index++) {
    const canonical: unknown = claims[index]
    if (typeof canonical !== 'string' || checkBy(canonical, resource, run, library)) continue
    const severity = run.options.strict === true ? 'error' : 'warning'
    const { path } = run.found
    path.push('meta', 'profile', index)
    add(run.found, { severity, code: 'not-found', diagnostics: unknownProfile(canonical, library), source: canonical })
    path.length -= 3
  }
}

function checkRequested(canonical: string, resource: Resource, run: Run, library: Library): void {
  if (!checkBy(canonical, resource, run, library)) {
    const diagnostics = unknownProfile(canonical, library)
    add(run.found, { severity: 'error', code: 'not-found', diagnostics, source: canonical })
  }
}

function checkRequired({ profiles, by }: Requirement, resource: Resource, run: Run, library: Library): void {
  const known = profiles.flatMap(canonical => library.profile(canonical) ?? [])
  const [only] = known
  if (only !== undefined && profiles.length === 1) {
    // It tells itself what is wrong.
    only.check(resource, undefined, resource.resourceType, run)
  } else if (known.some(({ definition }) => conforms(resource, definition.url, library, run))) {
    return
  } else if (known.length < profiles.length) {
    const diagnostics = `${by} asks for ${profiles.join(' or ')}, which are not all known here: it was not checked`
    add(run.found, { severity: 'warning', code: 'not-found', diagnostics, source: by })
  } else {
    const diagnostics = `it conforms to none of the profiles that ${by} asks for, expected ${profiles.join(' or ')}`
    add(run.found, { severity: 'error', code: 'business-rule', diagnostics, source: by })
  }
}

function unknownProfile(canonical: string, library: Library): string {
  const fault = library.faults(canonical).find(isError)
  const reason = fault === undefined ? 'is not known here' : `cannot be used (${fault.diagnostics})`
  return `the profile ${canonical} ${reason}: whether the resource conforms to it was not checked`
}

function checkBy(canonical: string, resource: Resource, run: Run, library: Library): boolean {
  const profile = library.profile(canonical)
  if (profile === undefined) return false
  const { type, url, derivation } = profile.definition
  const { resourceType } = resource
  if (type !== resourceType && type !== 'Resource' && type !== 'DomainResource') {
    const diagnostics = `the profile ${url} is one of ${type}, expected one of ${resourceType}`
    add(run.found, { severity: 'error', code: 'invalid', diagnostics, source: url })
  } else if (derivation === 'constraint') {
    profile.check(resource, undefined, resourceType, run)
  }
  return true
}
