/** What resources contain, in collections of its own. https://hl7.org/fhir/R4/search.html#contained */
import type { AnyBulkWriteOperation } from 'mongodb'
import { bornWithin, type Contained, containedId, containedType } from '../../search/contained.ts'
import type { Version, Write } from '../port.ts'
import type { Accepted } from './effects.ts'
import { nameOf, nameWithin, pointerId } from './key.ts'
import type { ContainedDoc, PointerDoc } from './schema.ts'
import { indexFields } from './search/index-fields.ts'
import type { Standings } from './standing.ts'
import { toVersionDoc } from './version.ts'

type ContainedChange = { readonly type: string; readonly put: AnyBulkWriteOperation<PointerDoc> }

/** Who writes the container has it to himself, so these need no conditions of their own. */
export function containedChanges(
  accepted: readonly Accepted[],
  { pointers }: Pick<Standings, 'pointers'>,
): readonly ContainedChange[] {
  return accepted.flatMap(({ commit, made }) =>
    commit.writes.flatMap((write, at) => {
      const version = made.versions[at]
      if (version === undefined) return []
      const standing = pointers.get(nameOf(write.key))
      return [...removals(write, standing?.contained ?? []), ...puts(write, version, standing?.born ?? version.seq)]
    }),
  )
}

function removals(write: Write, former: readonly string[]): readonly ContainedChange[] {
  const kept = new Set(write.do === 'put' ? write.contained?.map(nameWithin) : [])
  return former
    .filter(name => !kept.has(name))
    .map(name => {
      const [type = '', id = ''] = name.split('#')
      const filter = { _id: pointerId(write.key.tenant, containedId(write.key, id)) }
      return { type: containedType(type), put: { deleteOne: { filter } } }
    })
}

function puts(write: Write, version: Version, born: number): readonly ContainedChange[] {
  if (write.do !== 'put') return []
  return (write.contained ?? []).map((it, index) => {
    const { _id, ...replacement } = toContainedDoc(version, it, bornWithin(born, index))
    return { type: containedType(it.type), put: { replaceOne: { filter: { _id }, replacement, upsert: true } } }
  })
}

function toContainedDoc(version: Version, { id: local, json, entries }: Contained, born: number): ContainedDoc {
  const { _id: _, ...own } = toVersionDoc({ ...version, id: containedId(version, local), json })
  return { _id: pointerId(own.tenant, own.id), ...own, deleted: false, born, index: indexFields(entries) }
}
