/** The composition root: builds every long-lived object in order, closes them in reverse. */

import type { Config } from './config.ts'
import type { Definitions } from './conformance/definitions.ts'
import { loadDefinitions } from './conformance/definitions.ts'
import type { Context } from './interactions/interaction.ts'
import { searchNeeds } from './interactions/search/needs.ts'
import type { Observe } from './observe.ts'
import type { Store, StoreNeeds } from './store/port.ts'
import { compileStructure, type StructureCheck } from './validation/structure.ts'

/** What is outside of the process's own making. */
export type Outside = {
  readonly clock: () => number
  readonly random: (bytes: number) => Uint8Array
  readonly newId: () => string
  /** Milliseconds that only ever rise. */
  readonly elapsed: () => number
}

export type Runtime = {
  readonly config: Config
  readonly outside: Outside
  readonly observe: Observe
  readonly definitions: Definitions
  readonly validate: StructureCheck
  readonly search: Context['search']
  readonly index: Context['index']
  readonly store: Store
  close(): Promise<void>
}

export async function openRuntime(config: Config, outside: Outside, observe: Observe): Promise<Runtime> {
  const { clock, random } = outside
  // The store first: it opens while the definitions, which take most of the time, are parsed.
  const opening = openStore(config, { clock, random, observe })
  opening.catch(() => {}) // if the next line fails too, only that is told
  const definitions = loadDefinitions()
  const validate = compileStructure(definitions.shapes)
  const settings = { handling: config.KILN_SEARCH_HANDLING, budget: config.KILN_SEARCH_BUDGET }
  const { search, index } = searchNeeds(definitions, settings)
  const store = await opening
  return { config, outside, observe, definitions, validate, search, index, store, close: () => store.close() }
}

/** Each adapter is loaded only where it is used: the MongoDB driver alone would cost a quarter of the cold start. */
async function openStore({ KILN_STORE, KILN_SYNCHRONOUS }: Config, needs: StoreNeeds): Promise<Store> {
  if (KILN_STORE.startsWith('sqlite:')) {
    const { openSqlite } = await import('./store/sqlite/open.ts')
    return openSqlite({ ...needs, path: KILN_STORE.slice('sqlite:'.length), synchronous: KILN_SYNCHRONOUS })
  }
  const { openMongo } = await import('./store/mongo/open.ts')
  return openMongo({ ...needs, url: KILN_STORE })
}
