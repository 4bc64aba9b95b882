/** Where oidc-provider keeps what it must remember: notes of the tenant. Whatever may happen once is decided by compare-and-set. */
import { type Adapter, type AdapterPayload, errors } from 'oidc-provider'
import type { Note, Store } from '../../store/port.ts'
import { type ClientMetadata, digest, findClient, putClient } from './client.ts'
import { kindOf, revokeGrant } from './grant.ts'
import type { Presented } from './presented.ts'
import type { Revoked } from './revoked.ts'

export type AdapterNeeds = {
  readonly tenant: string
  readonly store: Pick<Store, 'note' | 'notes' | 'keepNote' | 'dropNote' | 'dropNotes'>
  readonly clock: () => number
  readonly presented: Presented
  readonly revoked: Revoked
}

/** `AuthorizationCode` … as the library calls its models. */
export function adapterFor(needs: AdapterNeeds): (model: string) => Adapter {
  return model => (model === 'Client' ? clients(needs) : remembered(needs, model))
}

/** They are JWTs: nothing of them is kept, but that they were revoked. */
const structured: ReadonlySet<string> = new Set(['AccessToken', 'ClientCredentials'])

/** What must not be there already. */
const once: ReadonlySet<string> = new Set(['ReplayDetection'])

function remembered(needs: AdapterNeeds, model: string): Adapter {
  const { tenant, store, clock, presented, revoked } = needs
  const kind = kindOf(model)
  const keyOf = (id: string) => ({ tenant, kind, id })

  async function keep(id: string, payload: AdapterPayload, expires: number | undefined): Promise<void> {
    const note = { ...keyOf(id), text: JSON.stringify(payload), tags: tagsOf(payload) }
    const lasting = expires === undefined ? {} : { expires }
    if ((await store.keepNote({ ...note, ...lasting, revision: 0 })) !== undefined) return
    if (once.has(model)) throw new errors.InvalidClientAuth('client assertion tokens must only be used once')
    const before = await store.note(keyOf(id))
    const kept = await store.keepNote({ ...note, ...lasting, revision: before?.revision ?? 0 })
    if (kept === undefined) return keep(id, payload, expires)
  }

  async function tagged(tag: string): Promise<AdapterPayload | undefined> {
    const [found] = await store.notes({ tenant, kind, tag, limit: 1 })
    return found && payloadOf(found)
  }

  return {
    upsert: (id, payload, expiresIn) => keep(id, payload, expiresIn ? clock() + expiresIn * 1000 : undefined),
    async find(id) {
      const shown = presented.find(model, id)
      if (shown) return shown as unknown as AdapterPayload
      if (structured.has(model)) return undefined
      const note = await store.note(keyOf(id))
      return note && payloadOf(note)
    },
    findByUid: uid => tagged(`uid:${uid}`),
    findByUserCode: code => tagged(`code:${code}`),
    async consume(id) {
      const note = await store.note(keyOf(id))
      const payload = note && payloadOf(note)
      if (!note || payload?.consumed) throw await usedTwice(payload)
      const text = JSON.stringify({ ...payload, consumed: Math.floor(clock() / 1000) })
      if ((await store.keepNote({ ...note, text })) === undefined) throw await usedTwice(payload)
    },
    async destroy(id) {
      if (structured.has(model)) await revoked.revoke(tenant, `token:${id}`)
      else await store.dropNote(keyOf(id))
    },
    async revokeByGrantId(grant) {
      if (model === 'AccessToken') await revoked.revoke(tenant, `grant:${grant}`)
      else await store.dropNotes(tenant, kind, `grant:${grant}`)
    },
  }

  /** Of two that use it at the same time, one is a thief: nobody can tell which. https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2 */
  async function usedTwice(payload: AdapterPayload | undefined): Promise<Error> {
    const grant = payload?.grantId
    if (grant) await revokeGrant(needs, grant)
    return new errors.InvalidGrant('it was used before')
  }
}

function payloadOf(note: Note): AdapterPayload {
  return JSON.parse(note.text)
}

/** By account and client, too: sessions and grants are listed and ended by them. */
function tagsOf({ grantId, uid, userCode, accountId, clientId }: AdapterPayload): readonly string[] {
  const tags = { grant: grantId, uid, code: userCode, account: accountId, client: clientId }
  return Object.entries(tags).flatMap(([name, value]) => (value ? [`${name}:${value}`] : []))
}

function clients({ tenant, store, revoked }: AdapterNeeds): Adapter {
  const nothing = async (): Promise<undefined> => undefined
  return {
    async find(id) {
      const client = await findClient(store, tenant, id)
      if (!client) return undefined
      const secret = client.secrets.length === 0 ? {} : { client_secret: client.secrets.join('.') }
      return { ...client.metadata, ...secret } as unknown as AdapterPayload
    },
    async upsert(id, { client_secret: secret, ...metadata }) {
      // Of one that changes, the library knows but the digests.
      const { secrets: before = [], rights } = (await findClient(store, tenant, id)) ?? {}
      const isKept = secret !== undefined && secret === before.join('.')
      const secrets = isKept ? before : secret === undefined ? [] : [digest(secret)]
      const client = { metadata: metadata as unknown as ClientMetadata, secrets }
      await putClient(store, tenant, rights === undefined ? client : { ...client, rights })
    },
    async destroy(id) {
      await store.dropNote({ tenant, kind: 'client', id })
      await revoked.revoke(tenant, `client:${id}`)
    },
    findByUid: nothing,
    findByUserCode: nothing,
    consume: nothing,
    revokeByGrantId: nothing,
  }
}
