/** The access policies that are shipped: one for each role of a hospital, as they lie in `profiles/policies/`. */
import { isResource, type Resource } from '../fhir/resource.ts'
import { BadDefinitions, jsonIn } from './own.ts'

const policies = new URL('../../profiles/policies/', import.meta.url)

/** In the order of their names. Throws `BadDefinitions` for a file that is no Basic. */
export function ownPolicies(folder: URL = policies): readonly Resource[] {
  return jsonIn(folder, 'profiles/policies').map(({ name, content }) => {
    if (isResource(content) && content.resourceType === 'Basic') return content
    throw new BadDefinitions(`profiles/policies/${name}: expected a Basic`)
  })
}
