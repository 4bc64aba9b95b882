/**
 * Does a well-formed resource keep the rules of its type, and of the profiles that it claims or is asked to conform to?
 * https://hl7.org/fhir/R4/validation.html
 */
import type { Issue } from '../../fhir/issue.ts'
import { isObject, type Resource } from '../../fhir/resource.ts'
import { add, findingsAt, issuesOf, mostFindings } from '../findings.ts'
import { libraryOf, type World } from './library.ts'
import { inOrder, withoutRepeats } from './order.ts'
import type { Options, Run } from './run.ts'
import type { Library } from './scope.ts'

/** All that is wrong, in the order of the resource; then what is wrong with the definitions. `at`: of a resource inside another. */
export type Validate = (resource: Resource, options: Options, at?: string) => readonly Issue[]

/** For as long as the definitions stay the same: each is compiled once. */
export function compileValidator(world: World): Validate {
  const library = libraryOf(world)
  const nested = (resource: Resource, isContained: boolean, run: Run): void =>
    checkWithin(resource, isContained, run, library)
  return (resource, options, at = resource.resourceType) => {
    const found = findingsAt(at)
    const problems = new Set<readonly Issue[]>()
    const run: Run = {
      found,
      options,
      problems,
      trials: [],
      verdicts: new Map(),
      nested,
      resource,
      start: 0,
      root: resource,
      element: resource.resourceType,
      bundle: undefined,
    }
    const { profiles } = options
    checkBase(resource, run, library)
    if (profiles === 'claimed') checkClaimed(resource, run, library)
    else for (const canonical of profiles) checkRequested(canonical, resource, run, library)
    if (found.issues.length === 0 && problems.size === 0) return []
    const { length } = found.issues
    const [issues, left] = [found.issues, issuesOf(found).slice(length)]
    return [
      ...inOrder(withoutRepeats(issues), resource, at),
      ...left,
      ...withoutRepeats([...problems].flat()).slice(0, mostFindings),
    ]
  }
}

/** An entry of a Bundle, a parameter or a contained resource, by its own definition and its own claims. */
function checkWithin(resource: Resource, isContained: boolean, run: Run, library: Library): void {
  const { resource: around, start, root, bundle } = run
  run.resource = resource
  run.start = run.found.path.length
  run.element = resource.resourceType
  if (!isContained) {
    run.root = resource
    run.bundle = around.resourceType === 'Bundle' ? around : bundle
  }
  checkBase(resource, run, library)
  checkClaimed(resource, run, library)
  Object.assign(run, { resource: around, start, root, bundle })
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
    add(run.found, { severity, code: 'not-found', diagnostics: unknownProfile(canonical), source: canonical })
    path.length -= 3
  }
}

function checkRequested(canonical: string, resource: Resource, run: Run, library: Library): void {
  if (!checkBy(canonical, resource, run, library)) {
    add(run.found, { severity: 'error', code: 'not-found', diagnostics: unknownProfile(canonical), source: canonical })
  }
}

function unknownProfile(canonical: string): string {
  return `the profile ${canonical} is not known here, expected one that is: whether the resource conforms to it was not checked`
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
