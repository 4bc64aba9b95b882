/** A Kiln whose packages a test changes. */

import { anyOf, type PackageSource } from '../../../src/conformance/package/source.ts'
import { contextOf } from '../../../src/interactions/dispatch.ts'
import type { Context, Surroundings } from '../../../src/interactions/interaction.ts'
import type { Place } from '../../../src/operations/install-package/alone.ts'
import type { Report } from '../../../src/operations/install-package/install.ts'
import { installPackage } from '../../../src/operations/install-package/install-package.ts'
import { packageRecords } from '../../../src/operations/install-package/installed.ts'
import { type Removed, removePackage } from '../../../src/operations/install-package/remove.ts'
import { base, type World } from '../../world.ts'

export const place: Place = { tenant: 'default', base, patience: 0 }

export type Site = {
  install(bytes: Uint8Array, source?: PackageSource, examples?: boolean): Promise<readonly Report[]>
  remove(name: string, version?: string, force?: boolean): Promise<Removed>
  /** `a#1.0.0 installed` */
  states(): Promise<readonly string[]>
}

export function siteOf({ ctx, store }: Pick<World, 'ctx' | 'store'>, at: Place = place): Site {
  const within = () => contextIn(ctx, at.tenant)
  return {
    install: async (bytes, source = anyOf([]), examples = false) =>
      installPackage(await within(), at, { by: 'bytes', bytes, examples }, source),
    remove: async (name, version, force = false) => removePackage(await within(), at, { name, version, force }),
    async states() {
      const records = await packageRecords(store, at.tenant)
      return records.map(({ name, version, state }) => `${name}#${version} ${state}`)
    },
  }
}

async function contextIn(surroundings: Surroundings, tenant: string): Promise<Context> {
  return contextOf(surroundings, { tenant, base: place.base }, await surroundings.definitions.of(tenant))
}
