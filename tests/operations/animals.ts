/** A few stored code systems, value sets and maps, about animals. */
import { read } from '../terminology/cases.ts'
import type { Loose, World } from '../world.ts'

/** R4 has no filter `child-of`, so one of them cannot be stored. */
export const animals = (read('resources/animals.json') as unknown as readonly Loose[]).filter(
  ({ url }) => url !== 'http://t/vs/mixed',
)

/** Ids are the last part of the canonical, with the type where several share it: `ValueSet/mammals`. */
export async function storeAnimals(world: World, more: readonly Loose[] = []): Promise<void> {
  for (const resource of [...animals, ...more]) {
    const id =
      resource.id ?? [resource.url.split('/').at(-1), ...(resource.version ? [resource.version] : [])].join('-')
    const reply = await world.ask('PUT', `${resource.resourceType}/${id}`, { ...resource, id })
    if (reply.status !== 201) throw new Error(reply.json)
  }
}
