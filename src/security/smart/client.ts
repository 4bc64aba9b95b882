/** Who may ask for tokens: kept as notes, so that no FHIR request can read them. https://www.rfc-editor.org/rfc/rfc7591#section-2 */
import { hash, timingSafeEqual } from 'node:crypto'
import { fail } from '../../fhir/issue.ts'
import type { Note, Store } from '../../store/port.ts'

/** As registered; names are those of RFC 7591. */
export type ClientMetadata = {
  readonly client_id: string
  readonly client_name?: string
  readonly token_endpoint_auth_method: 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'
  readonly grant_types: readonly string[]
  readonly response_types: readonly string[]
  readonly redirect_uris: readonly string[]
  /** Where people come back to after they signed out. */
  readonly post_logout_redirect_uris?: readonly string[]
  readonly application_type?: 'web' | 'native'
  readonly jwks?: object
  readonly jwks_uri?: string
  readonly logo_uri?: string
  readonly client_uri?: string
  /** Where an EHR starts it: https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch */
  readonly initiate_login_uri?: string
  /** All that it may be granted, resources included; absent: what is usual for an app that people use. */
  readonly allowed_scope?: string
}

/** Given by the operator alone: no client says it of itself. */
export type ClientRights = {
  /** Ids of access policies, which limit whoever uses it. */
  readonly policies: readonly string[]
  /** What it is where it acts for itself, as access policies name it. */
  readonly roles: readonly string[]
}

export type Client = {
  readonly metadata: ClientMetadata
  readonly rights?: ClientRights
  /** SHA-256 of each that is good: 256 random bits cannot be guessed from it. */
  readonly secrets: readonly string[]
}

type Kept = Client & { readonly revision: number }

type Notes = Pick<Store, 'note' | 'notes' | 'keepNote' | 'dropNote'>

const kind = 'client'

export function digest(secret: string): string {
  return hash('sha256', secret, 'base64url')
}

export function isSecretOf(secrets: readonly string[], secret: unknown): boolean {
  if (typeof secret !== 'string') return false
  const given = Buffer.from(digest(secret))
  return secrets.map(one => timingSafeEqual(Buffer.from(one), given)).includes(true)
}

export function newSecret(random: (bytes: number) => Uint8Array): string {
  return Buffer.from(random(32)).toString('base64url')
}

export async function findClient(store: Pick<Store, 'note'>, tenant: string, id: string): Promise<Client | undefined> {
  return kept(await store.note({ tenant, kind, id }))
}

export async function listClients(store: Pick<Store, 'notes'>, tenant: string): Promise<readonly Client[]> {
  const all: Client[] = []
  for (let after = ''; ; ) {
    const notes = await store.notes({ tenant, kind, after, limit: page })
    all.push(...notes.flatMap(note => kept(note) ?? []))
    const last = notes.at(-1)
    if (last === undefined || notes.length < page) return all
    after = last.id
  }
}

const page = 500

/** `false`: there is one of this id. */
export async function addClient(store: Pick<Store, 'keepNote'>, tenant: string, client: Client): Promise<boolean> {
  return (await store.keepNote(noteOf(tenant, client, 0))) !== undefined
}

/** Whatever it was before. */
export async function putClient(store: Notes, tenant: string, client: Client): Promise<void> {
  const before = kept(await store.note({ tenant, kind, id: client.metadata.client_id }))
  const revision = await store.keepNote(noteOf(tenant, client, before?.revision ?? 0))
  if (revision === undefined) return putClient(store, tenant, client)
}

/** Its tokens are to be revoked by the caller: they tell the rights of before. */
export async function setRights(
  store: Notes,
  tenant: string,
  id: string,
  rights: Partial<ClientRights>,
): Promise<void> {
  const client = kept(await store.note({ tenant, kind, id }))
  if (!client) throw unknown(id)
  const changed = { ...client, rights: { policies: [], roles: [], ...client.rights, ...rights } }
  const revision = await store.keepNote(noteOf(tenant, changed, client.revision))
  if (revision === undefined) return setRights(store, tenant, id, rights)
}

/** The secret before it is good until the next time, so that an app can be given the new one at leisure. */
export async function rotateSecret(store: Notes, tenant: string, id: string, secret: string): Promise<void> {
  const client = kept(await store.note({ tenant, kind, id }))
  if (!client) throw unknown(id)
  if (client.secrets.length === 0) throw fail('value', `the client '${id}' has no secret`)
  const secrets = [digest(secret), ...client.secrets.slice(0, 1)]
  const revision = await store.keepNote(noteOf(tenant, { ...client, secrets }, client.revision))
  if (revision === undefined) return rotateSecret(store, tenant, id, secret)
}

/** Its tokens are to be revoked by the caller. */
export async function removeClient(store: Pick<Store, 'dropNote'>, tenant: string, id: string): Promise<void> {
  if (!(await store.dropNote({ tenant, kind, id }))) throw unknown(id)
}

function unknown(id: string): Error {
  return fail('not-found', `there is no client '${id}'`)
}

function kept(note: Note | undefined): Kept | undefined {
  return note && { ...(JSON.parse(note.text) as Client), revision: note.revision }
}

function noteOf(tenant: string, { metadata, secrets, rights }: Client, revision: number): Note {
  const text = JSON.stringify({ metadata, secrets, rights })
  return { tenant, kind, id: metadata.client_id, text, tags: [], revision }
}

/** Acts for itself, with a secret. */
export function backendClient(id: string, name: string, secret: string, scope: string): Client {
  return {
    metadata: {
      client_id: id,
      client_name: name,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      allowed_scope: scope,
    },
    secrets: [digest(secret)],
  }
}
