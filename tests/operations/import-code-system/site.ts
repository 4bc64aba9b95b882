/** A Kiln that has a library, and processes beside it that load what was left there. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { contextOf, tabulate } from '../../../src/interactions/dispatch.ts'
import { interactions } from '../../../src/interactions/index.ts'
import type { Context, Surroundings } from '../../../src/interactions/interaction.ts'
import {
  type ImportEvent,
  type ImportNeeds,
  keepImporting,
} from '../../../src/operations/import-code-system/keep-importing.ts'
import { compileOperations } from '../../../src/operations/kernel/compile.ts'
import { type Catalog, openCatalog } from '../../../src/terminology/library/catalog.ts'
import { base, type Loose, type Over, onBothStores, type World } from '../../world.ts'
import { allWith } from '../operating.ts'

export const system = 'http://example.org/wards'

export type Process = { readonly events: readonly ImportEvent[]; stop(): Promise<void> }

export type Site = World & {
  readonly folder: string
  readonly catalog: Catalog
  /** Loads until it is stopped; the test stops it at the latest at its end. */
  work(over?: Partial<ImportNeeds>): Process
  /** Of the one Task that there is. */
  task(): Promise<Loose>
}

export function importing(run: (test: Test, open: () => Promise<Site>) => Promise<void>): Promise<void> {
  return onBothStores((test, open) => run(test, () => openSite(test, open)))
}

async function openSite(test: Test, open: (over?: Over) => Promise<World>): Promise<Site> {
  const folder = join(mkdtempSync(join(tmpdir(), 'kiln-import-')), 'library')
  const world = await open({
    interactions: tabulate([...interactions, ...compileOperations(allWith(folder))]),
  })
  world.clock = Date.now() // leases run out by it
  const catalog = openCatalog(folder, { clock: Date.now })
  const processes: Process[] = []
  test.teardown(async () => {
    await Promise.all(processes.map(({ stop }) => stop()))
    catalog.close()
    rmSync(join(folder, '..'), { recursive: true })
  })
  return Object.assign(world, {
    folder,
    catalog,
    work(over: Partial<ImportNeeds> = {}) {
      const process = begin(world, folder, over)
      processes.push(process)
      return process
    },
    async task() {
      const { body } = await world.ask('GET', 'Task')
      return body.entry[0].resource
    },
  })
}

function begin({ ctx, store }: World, folder: string, over: Partial<ImportNeeds>): Process {
  const events: ImportEvent[] = []
  const stopping = new AbortController()
  const { signal } = stopping
  const running = keepImporting({
    ...{ folder, store, signal, clock: ctx.clock, base: () => base, owner: randomUUID() },
    context: tenant => contextIn(ctx, tenant),
    pull: async () => false,
    elapsed: () => performance.now(),
    sleep: ms => sleep(Math.min(ms, 50), undefined, { signal }).catch(() => {}),
    observe: event => events.push(event),
    ...over,
  })
  return {
    events,
    async stop() {
      stopping.abort()
      await running
    },
  }
}

async function contextIn(surroundings: Surroundings, tenant: string): Promise<Context> {
  return contextOf(surroundings, { tenant, base }, await surroundings.definitions.of(tenant))
}
