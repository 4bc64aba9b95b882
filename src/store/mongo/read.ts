/** https://hl7.org/fhir/R4/http.html#read */
import type { FindOptions } from 'mongodb'
import type { Key, Store, Version } from '../port.ts'
import { commandTime } from './connection.ts'
import { idsByType, nameOf, pointerId, versionId } from './key.ts'
import type { Collections, VersionDoc } from './schema.ts'
import { toVersion } from './version.ts'

/** One version of a resource, and where in the sequence it stands. */
export type Place = Key & Pick<Version, 'version' | 'seq'>
type Wanted = Pick<Place, 'type' | 'id' | 'version'>

export type Reads = Pick<Store, 'read' | 'readAll' | 'vread'> & {
  /** Of one tenant, in order. */
  versions(tenant: string, wanted: readonly Wanted[]): Promise<readonly (Version | undefined)[]>
  /** As `versions`, without the text. */
  places(wanted: readonly (Key & Wanted)[]): Promise<readonly (Place | undefined)[]>
}

const stored: FindOptions = { projection: { resource: 0, index: 0 }, maxTimeMS: commandTime }

export function openReads(collections: Collections): Reads {
  async function read({ tenant, type, id }: Key): Promise<Version | undefined> {
    const doc = await collections.pointers(type).findOne({ _id: pointerId(tenant, id), tenant }, stored)
    return doc && doc.version > 0 ? toVersion(type, doc) : undefined
  }

  async function readAll(keys: readonly Key[]): Promise<readonly (Version | undefined)[]> {
    const tenant = keys[0]?.tenant ?? ''
    const some = async ([type, ids]: readonly [string, readonly string[]]) => {
      const filter = { _id: { $in: ids.map(id => pointerId(tenant, id)) }, tenant, version: { $gt: 0 } }
      const docs = await collections.pointers(type).find(filter, stored).toArray()
      return docs.map(doc => [nameOf({ type, id: doc.id }), toVersion(type, doc)] as const)
    }
    const found = new Map((await Promise.all([...idsByType(keys)].map(some))).flat())
    return keys.map(key => found.get(nameOf(key)))
  }

  async function vread({ tenant, type, id }: Key, version: number): Promise<Version | undefined> {
    const filter = { _id: versionId(tenant, id, version), tenant }
    const doc = await collections.versions(type).findOne(filter, { maxTimeMS: commandTime })
    return doc ? toVersion(type, doc) : undefined
  }

  /** The history documents of these versions, in order. */
  async function lookUp<T>(
    tenant: string,
    wanted: readonly Wanted[],
    projection: FindOptions['projection'],
    make: (type: string, doc: VersionDoc) => T,
  ): Promise<readonly (T | undefined)[]> {
    const some = async ([type, ofType]: readonly [string, readonly Wanted[]]) => {
      const filter = { _id: { $in: ofType.map(({ id, version }) => versionId(tenant, id, version)) }, tenant }
      const options = { maxTimeMS: commandTime, ...(projection ? { projection } : {}) }
      const docs = await collections.versions(type).find(filter, options).toArray()
      return docs.map(doc => [`${type}/${doc._id}`, make(type, doc)] as const)
    }
    const byType = Map.groupBy(wanted, ({ type }) => type)
    const found = new Map((await Promise.all([...byType].map(some))).flat())
    return wanted.map(({ type, id, version }) => found.get(`${type}/${versionId(tenant, id, version)}`))
  }

  return {
    read,
    readAll,
    vread,
    versions: (tenant, wanted) => lookUp(tenant, wanted, undefined, toVersion),
    places: wanted => lookUp(wanted[0]?.tenant ?? '', wanted, { raw: 0 }, (type, doc) => ({ ...doc, type })),
  }
}
