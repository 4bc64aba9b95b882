/**
 * Fills a new store with a population, entries included, and a reference beside it with the same resources. A program of its
 * own, so that what it leaves in memory disturbs nobody: `node bench/drive/populate.ts FOLDER PATIENTS [REFERENCE]`
 */
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, renameSync, rmSync } from 'node:fs'
import { promisify } from 'node:util'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { draft } from '../../src/fhir/stamp.ts'
import { searchNeeds } from '../../src/interactions/search/needs.ts'
import { openMongo } from '../../src/store/mongo/open.ts'
import type { Store, Version, Write } from '../../src/store/port.ts'
import { openSqlite } from '../../src/store/sqlite/open.ts'
import { openSearchTable } from '../reference/search-table.ts'
import { type Population, populationOf, type Stored } from './population.ts'

const needs = { clock: Date.now, random: (bytes: number) => randomBytes(bytes), observe: () => undefined }
const together = 500 // resources in one commit

/** Does nothing where the folder exists: it gets its name when all is in it. */
export async function populateSqlite(folder: string, patients: number, reference?: string): Promise<void> {
  if (existsSync(folder)) return
  const args = [import.meta.filename, folder, String(patients), ...(reference === undefined ? [] : [reference])]
  await promisify(execFile)(process.execPath, args)
}

export async function populateMongo(url: string, database: string, population: Population): Promise<void> {
  const store = await openMongo({ ...needs, url, database })
  await populate(store, population)
  await store.close()
}

async function run(folder: string, patients: number, reference: string | undefined): Promise<void> {
  const building = `${folder}.building`
  rmSync(building, { recursive: true, force: true })
  const store = await openSqlite({ ...needs, path: building, synchronous: 'NORMAL' })
  const table = reference === undefined ? undefined : openSearchTable(reference)
  table?.db.exec('PRAGMA synchronous = OFF; BEGIN')
  await populate(store, populationOf(patients), table?.keep)
  table?.db.exec('COMMIT')
  table?.db.close()
  await store.close()
  renameSync(building, folder)
}

type Keep = (resource: Stored, version: Version) => void

async function populate(store: Store, population: Population, keep?: Keep): Promise<void> {
  const { index } = searchNeeds(loadDefinitions(), { handling: 'strict', budget: 0 })
  const write = (resource: Stored): Write => {
    const key = { tenant: 'default', type: resource.resourceType, id: resource.id }
    const { entries } = index(resource, resource.id, 'http://127.0.0.1/fhir')
    return { do: 'put', key, method: 'PUT', draft: draft(resource, resource.id), entries }
  }
  let last: Promise<void> = Promise.resolve()
  for (let from = 0; from < population.size; from += together) {
    const length = Math.min(together, population.size - from)
    const resources = Array.from({ length }, (_, k) => population.resource(from + k))
    const done = commit(store, resources, resources.map(write), keep)
    await last // one is written while the next is prepared
    last = done
  }
  await last
}

async function commit(store: Store, resources: readonly Stored[], writes: readonly Write[], keep?: Keep) {
  const outcome = await store.commit({ tenant: 'default', writes })
  if (!outcome.ok) throw new Error('the store refused a commit')
  if (!keep) return
  outcome.versions.forEach((version, at) => {
    const resource = resources[at]
    if (version && resource) keep(resource, version)
  })
}

if (import.meta.main) {
  const [, , folder, patients, reference] = process.argv
  if (folder === undefined) throw new Error('expected FOLDER PATIENTS [REFERENCE]')
  await run(folder, Number(patients), reference)
}
