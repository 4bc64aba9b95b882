/** What people allowed apps: looked at and taken back without the library, whose notes are read here. */
import type { Note, Store } from '../../store/port.ts'
import { findClient } from './client.ts'
import type { Revoked } from './revoked.ts'
import { split } from './scopes.ts'

export type GrantNeeds = {
  readonly tenant: string
  readonly store: Pick<Store, 'note' | 'notes' | 'dropNote' | 'dropNotes'>
  readonly revoked: Pick<Revoked, 'revoke'>
}

/** All that somebody allowed one app, at however many launches. */
export type Allowed = {
  readonly client: string
  /** As people know it. */
  readonly app: string
  readonly scopes: readonly string[]
  /** ms */
  readonly since: number
}

/** As the library keeps it. */
type Grant = {
  readonly accountId: string
  readonly clientId: string
  /** Seconds. */
  readonly iat: number
  readonly openid?: { readonly scope?: string }
  readonly resources?: Readonly<Record<string, string>>
}

/** Where a model of the library is kept: `AuthorizationCode` … */
export function kindOf(model: string): string {
  return `oauth-${model.replace(/(?<=[a-z])[A-Z]/g, letter => `-${letter}`).toLowerCase()}`
}

/** All that was issued by it. */
export async function revokeGrant({ tenant, store, revoked }: GrantNeeds, grant: string): Promise<void> {
  await revoked.revoke(tenant, `grant:${grant}`)
  for (const model of ['RefreshToken', 'AuthorizationCode']) {
    await store.dropNotes(tenant, kindOf(model), `grant:${grant}`)
  }
  await store.dropNote({ tenant, kind: kindOf('Grant'), id: grant })
}

/** Whose refresh token it is, if that client has neither secret nor keys. */
export async function publicOwner(
  store: Pick<Store, 'note'>,
  tenant: string,
  refreshToken: string,
): Promise<string | undefined> {
  const note = await store.note({ tenant, kind: kindOf('RefreshToken'), id: refreshToken })
  const { clientId = '' }: { readonly clientId?: string } = note ? JSON.parse(note.text) : {}
  const client = await findClient(store, tenant, clientId)
  return client?.metadata.token_endpoint_auth_method === 'none' ? clientId : undefined
}

/** The app that was allowed something last comes first. */
export async function listAllowed(
  { tenant, store }: Pick<GrantNeeds, 'tenant' | 'store'>,
  account: string,
): Promise<readonly Allowed[]> {
  const grants = (await grantsOf({ tenant, store }, account)).map(grantIn).sort((a, b) => b.iat - a.iat)
  const byClient = Map.groupBy(grants, ({ clientId }) => clientId)
  return Promise.all(
    [...byClient].map(async ([client, all]) => ({
      client,
      app: (await findClient(store, tenant, client))?.metadata.client_name ?? client,
      scopes: [...new Set(all.flatMap(scopesOf))],
      since: Math.min(...all.map(({ iat }) => iat)) * 1000,
    })),
  )
}

/** `false`: the account never allowed it anything. */
export async function revokeAllowed(needs: GrantNeeds, account: string, client: string): Promise<boolean> {
  const grants = await grantsOf(needs, account)
  const own = grants.filter(note => grantIn(note).clientId === client)
  for (const { id } of own) await revokeGrant(needs, id)
  return own.length > 0
}

/** The authorization server forgets who is signed in; what lasts no longer than that ends with it. */
export async function forgetSessions({ tenant, store }: Omit<GrantNeeds, 'revoked'>, account: string): Promise<void> {
  await store.dropNotes(tenant, kindOf('Session'), `account:${account}`)
}

/** No token of the account is good any more, though what was allowed stays so: apps must send people to sign in again. */
export async function revokeTokens(needs: GrantNeeds, account: string): Promise<void> {
  const { tenant, store, revoked } = needs
  for (const model of ['AuthorizationCode', 'RefreshToken']) {
    await store.dropNotes(tenant, kindOf(model), `account:${account}`)
  }
  await forgetSessions(needs, account)
  await revoked.revoke(tenant, `user:${account}`)
}

async function grantsOf(
  { tenant, store }: Pick<GrantNeeds, 'tenant' | 'store'>,
  account: string,
): Promise<readonly Note[]> {
  const all: Note[] = []
  for (let after = ''; ; ) {
    const query = { tenant, kind: kindOf('Grant'), tag: `account:${account}`, after, limit: page }
    const notes = await store.notes(query)
    all.push(...notes)
    const last = notes.at(-1)
    if (last === undefined || notes.length < page) return all
    after = last.id
  }
}

const page = 500

function grantIn({ text }: Note): Grant {
  return JSON.parse(text)
}

function scopesOf({ openid, resources = {} }: Grant): readonly string[] {
  return [openid?.scope, ...Object.values(resources)].flatMap(text => split(text))
}
