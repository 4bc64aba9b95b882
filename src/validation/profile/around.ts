/** What constraints may ask of their surroundings. https://hl7.org/fhir/R4/fhirpath.html#variables */
import type { Environment } from '../../fhir/path/compiled/item.ts'
import { isResource, type Json, type Resource } from '../../fhir/resource.ts'
import { isMember } from './binding.ts'
import { resolve } from './inside.ts'
import { passes, type Run } from './run.ts'
import type { Library } from './scope.ts'

/** `root` contains the resource, or is it. */
export function aroundOf(resource: Resource, root: Resource, run: Run, library: Library): Environment {
  return {
    resource,
    rootResource: root,
    allowance: run.allowance,
    now: library.now,
    resolve: reference => resolve(reference, run),
    memberOf: (coded, valueSet) => isMember(coded, valueSet, run),
    conformsTo: (value, canonical) => conformsTo(value, canonical, library, run),
  }
}

/** Values that are no resources are not told by what they are. */
function conformsTo(value: Json, canonical: string, library: Library, run: Run): boolean | undefined {
  const isKnown = isResource(value) && library.profile(canonical) !== undefined
  return isKnown ? conforms(value, canonical, library, run) : undefined
}

/** A profile that is not known cannot be found broken. */
export function conforms(resource: Resource, canonical: string, library: Library, run: Run): boolean {
  const profile = library.profile(canonical)
  if (profile === undefined) return true
  if (profile.definition.type !== resource.resourceType) return false
  // Targets that lead back to here conform if all else does.
  if (run.trials.some(([tried, on]) => tried === canonical && on === resource)) return true
  const trials = [...run.trials, [canonical, resource] as const]
  const around = aroundOf(resource, resource, run, library)
  const start = run.found.path.length
  const within: Run = { ...run, resource, root: resource, around, start, trials }
  return passes(profile.check, { value: resource, twin: undefined, type: resource.resourceType }, within)
}
