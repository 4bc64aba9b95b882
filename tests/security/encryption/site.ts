/** A Kiln with encryption, and resources in which everything is a mark that may not be found below. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Store } from '../../../src/store/port.ts'
import { mongoUrl } from '../../mongo-engine/engine.ts'
import type { Loose, Over, Reply, World } from '../../world.ts'
import { keyFile, type Sealed, sealed } from './sealed.ts'

export const types = ['Patient', 'Observation', 'MedicationRequest']

/** Nothing of this may be found below. */
export const marks = [
  'Grosvenor',
  'grosvenor',
  'MRN-77231',
  'mrn-system',
  '1931-04-17',
  'zaubertrank',
  '5554442',
  'Hautfarbe',
]

export const patient = {
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ system: 'http://mrn-system.example', value: 'MRN-77231' }],
  name: [{ family: 'Grosvenor', given: ['Hautfarbe'] }],
  birthDate: '1931-04-17',
  gender: 'female',
  telecom: [{ system: 'phone', value: '5554442' }],
  managingOrganization: { reference: 'Organization/o1' },
}

export const observation = (id: string, subject = 'Patient/p1') => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: 'zaubertrank-1', display: 'Zaubertrank zaubertrank' }] },
  subject: { reference: subject },
  effectiveDateTime: '1931-04-17',
})

export const request = {
  resourceType: 'MedicationRequest',
  id: 'm1',
  status: 'active',
  intent: 'order',
  subject: { reference: 'Patient/p1' },
  contained: [
    {
      resourceType: 'Medication',
      id: 'c',
      code: { coding: [{ system: 'http://mrn-system.example', code: 'zaubertrank' }] },
    },
  ],
  medicationReference: { reference: '#c' },
}

export type Site = World & {
  readonly sealed: Sealed
  readonly id: string
  readonly file: string
  /** Lets time go by; gives how late it is. */
  readonly pass: (ms: number) => number
}

/** Everything that the database has on disk or would send. */
export async function bytesBelow(id: string): Promise<Buffer> {
  if (id.includes('/'))
    return Buffer.concat(
      readdirSync(id, { recursive: true, withFileTypes: true })
        .filter(it => it.isFile())
        .map(it => readFileSync(join(it.parentPath, it.name))),
    )
  const { MongoClient, BSON } = await import('mongodb')
  const client = await MongoClient.connect((await mongoUrl()) ?? '')
  const collections = await client.db(id).collections()
  const found = await Promise.all(
    collections.map(async each => (await each.find().toArray()).map(doc => BSON.serialize(doc))),
  )
  await client.close()
  return Buffer.concat(found.flat())
}

export async function site(
  t: Test,
  open: (over?: Over) => Promise<World>,
  names: readonly string[] = types,
): Promise<Site> {
  const file = keyFile(t)
  let own: { readonly sealed: Sealed; readonly id: string } | undefined
  let now = 0
  const around = async (below: Store, id: string): Promise<Store> => {
    own = { sealed: await sealed(below, file, names, () => now), id }
    return own.sealed.store
  }
  const world = await open({ around })
  if (!own) throw new Error('every store is opened')
  const pass = (ms: number): number => {
    now += ms
    return now
  }
  return Object.assign(world, own, { file, pass })
}

export async function fill({ ask }: World): Promise<void> {
  const all = [
    { resourceType: 'Organization', id: 'o1', name: 'Acme' },
    patient,
    observation('b1'),
    observation('b2'),
    request,
  ]
  for (const it of all) {
    const { status, json } = await ask('PUT', `/${it.resourceType}/${it.id}`, it)
    if (status !== 201) throw new Error(json)
  }
}

export function names({ body }: Reply): readonly string[] {
  const found = (body.entry ?? []).filter(({ search }: Loose) => search.mode !== 'outcome')
  return found.map(({ resource }: Loose) => `${resource.resourceType}/${resource.id}`)
}
