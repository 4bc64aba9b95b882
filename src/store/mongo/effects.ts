/** What an accepted commit makes of what stands: versions, and the operations that put them in place. Pure. */
import type { AnyBulkWriteOperation } from 'mongodb'
import { stamp } from '../../fhir/stamp.ts'
import type { Commit, Committed, Version, Write } from '../port.ts'
import { isPresent } from './judge.ts'
import { hashedId, linkId, nameOf, nameWithin, pointerId, splitName } from './key.ts'
import type { ClaimDoc, LinkDoc, PointerDoc, ReceiptDoc } from './schema.ts'
import { linksOf, type Standing, type Standings } from './standing.ts'
import { absentPointer, toPointerDoc } from './version.ts'

function isEffective(write: Write, standing: Standing | undefined): boolean {
  return write.do === 'put' || (write.do === 'delete' && isPresent(standing))
}

/** How many numbers of the sequence the commit takes. */
export function versionCount({ writes }: Commit, { pointers }: Standings): number {
  return writes.filter(write => isEffective(write, pointers.get(nameOf(write.key)))).length
}

/** The versions that the commit makes with the numbers from `first` on. */
export function makeVersions({ writes }: Commit, { pointers }: Standings, first: number, updated: number): Committed {
  let seq = first
  const versions = writes.map((write): Version | undefined => {
    const standing = pointers.get(nameOf(write.key))
    if (write.do === 'check' || !isEffective(write, standing)) return undefined
    const version = (standing?.version ?? 0) + 1
    const made = { ...write.key, version, seq: seq++, updated }
    return write.do === 'put'
      ? { ...made, method: write.method, created: !isPresent(standing), json: stamp(write.draft, version, updated) }
      : { ...made, method: 'DELETE', created: false, json: undefined }
  })
  return { ok: true, versions }
}

/** One commit with what it makes. */
export type Accepted = { readonly commit: Commit; readonly made: Committed }

/** New pointers, and conditional moves of those that stand: each must match, or the judgement was of another state. */
type PointerChange = { readonly type: string } & (
  | { readonly insert: PointerDoc }
  | { readonly move: AnyBulkWriteOperation<PointerDoc> }
)

export function pointerChanges(accepted: readonly Accepted[], { pointers }: Standings): readonly PointerChange[] {
  return accepted.flatMap(({ commit, made }) => [
    ...commit.writes.flatMap((write, at) => {
      const change = pointerChange(write, pointers.get(nameOf(write.key)), made.versions[at], commit)
      return change ? [{ type: write.key.type, ...change }] : []
    }),
    ...relied(commit).map(({ type, id }) => {
      const filter = { _id: pointerId(commit.tenant, id), deleted: false }
      return { type, move: { updateOne: { filter, update: touch } } }
    }),
  ])
}

/** A document that is touched conflicts with those who write it at the same time. */
const touch = { $inc: { guard: 1 } }

function pointerChange(write: Write, standing: Standing | undefined, made: Version | undefined, commit: Commit) {
  const replacement = replacementFor(write, standing, made)
  if (!replacement && write.do !== 'check') return undefined
  if (!standing) return { insert: replacement ?? absentPointer(write.key) }
  const filter = casFilter(write, standing, commit)
  return replacement
    ? { move: { replaceOne: { filter, replacement: withoutId(replacement) } } }
    : { move: { updateOne: { filter, update: touch } } }
}

function replacementFor(
  write: Write,
  standing: Standing | undefined,
  version: Version | undefined,
): PointerDoc | undefined {
  if (!version || write.do === 'check') return undefined
  const born = standing?.born ?? version.seq
  if (write.do === 'delete') return toPointerDoc(version, { born, linked: false, entries: undefined, contained: [] })
  const { entries, contained = [] } = write
  return toPointerDoc(version, { born, linked: keepsLinks(write), entries, contained: contained.map(nameWithin) })
}

function withoutId({ _id, ...rest }: PointerDoc): Omit<PointerDoc, '_id'> {
  return rest
}

/** A deletion under integrity must not overlook those who have come to rely on the resource since it was judged. */
function casFilter({ key, do: what }: Write, { version, seq, guard }: Standing, { tenant, integrity }: Commit) {
  const unguarded = guard === undefined ? { $exists: false } : guard
  return {
    _id: pointerId(tenant, key.id),
    version,
    seq,
    ...(integrity && what === 'delete' ? { guard: unguarded } : {}),
  }
}

/** Targets that must stay as they are while this commit happens, beside those that it writes itself. */
function relied(commit: Commit): readonly { readonly type: string; readonly id: string }[] {
  const written = new Set(commit.writes.filter(write => write.do !== 'check').map(({ key }) => nameOf(key)))
  return [...new Set(linksOf(commit))].filter(link => !written.has(link)).map(splitName)
}

const keepsLinks = (write: Extract<Write, { do: 'put' }>) => (write.links ?? []).length > 0

export function linkChanges(accepted: readonly Accepted[], { pointers }: Standings): AnyBulkWriteOperation<LinkDoc>[] {
  return accepted.flatMap(({ commit, made }) =>
    commit.writes.flatMap((write, at): AnyBulkWriteOperation<LinkDoc>[] => {
      if (!made.versions[at]) return []
      const { tenant } = commit
      const source = nameOf(write.key)
      const filter = { _id: linkId(tenant, source) }
      if (write.do === 'put' && keepsLinks(write)) {
        return [{ replaceOne: { filter, replacement: { tenant, source, targets: write.links ?? [] }, upsert: true } }]
      }
      return pointers.get(source)?.linked ? [{ deleteOne: { filter } }] : []
    }),
  )
}

export type ClaimChanges = { readonly inserts: ClaimDoc[]; readonly moves: AnyBulkWriteOperation<ClaimDoc>[] }

export function claimChanges(accepted: readonly Accepted[], now: number): ClaimChanges {
  const changes: ClaimChanges = { inserts: [], moves: [] }
  const used = new Date(now)
  for (const { commit } of accepted) {
    for (const { key, generation } of commit.claims ?? []) {
      const _id = hashedId(commit.tenant, key)
      if (generation === 0) changes.inserts.push({ _id, tenant: commit.tenant, generation: 1, used })
      else {
        const update = { $set: { used }, $inc: { generation: 1 } }
        changes.moves.push({ updateOne: { filter: { _id, generation }, update } })
      }
    }
  }
  return changes
}

export function receiptDocs(accepted: readonly Accepted[], now: number): ReceiptDoc[] {
  return accepted.flatMap(({ commit: { tenant, receipt }, made }) => {
    if (!receipt) return []
    const versions = made.versions.filter(it => it !== undefined)
    const short = versions.map(({ type, id, version }) => ({ type, id, version }))
    return [{ _id: hashedId(tenant, receipt.key), tenant, ...receipt, versions: short, used: new Date(now) }]
  })
}

export function fencesOf(accepted: readonly Accepted[]): readonly { readonly name: string; readonly token: number }[] {
  const fences = new Map(accepted.flatMap(({ commit: { fence } }) => (fence ? [[fence.name, fence]] : [])))
  return [...fences.values()]
}
