/**
 * The keys that a tenant signs with: made by whoever needs them first, kept in a note, so that all processes have the same.
 * https://www.rfc-editor.org/rfc/rfc7517
 */
import { generateKeyPair, type JsonWebKey } from 'node:crypto'
import { promisify } from 'node:util'
import type { Store } from '../../store/port.ts'
import { type Recent, recent } from './recent.ts'

const generate = promisify(generateKeyPair)

export type Algorithm = 'ES256' | 'RS256' | 'ES384'

export type SigningKey = {
  readonly kid: string
  readonly alg: Algorithm
  /** Private. */
  readonly jwk: JsonWebKey
  /** ms; from then on it signs nothing more, but what it signed is good. */
  readonly retired?: number
}

/** Those that sign first. */
export type KeySet = readonly SigningKey[]

export type Keys = {
  readonly of: Recent<KeySet>['of']
  /** For a token whose key is not known: another process may have made it just now. Anybody can ask that, so not each of them is looked up. */
  readonly anew: (tenant: string) => Promise<KeySet>
  /** From now on others sign. What the present ones signed is good for a day. */
  readonly rotate: (tenant: string) => Promise<KeySet>
  /** None of the present ones is good any more. What they signed is to be revoked by the caller, by their names. */
  readonly replace: (tenant: string) => Promise<{ readonly keys: KeySet; readonly gone: readonly string[] }>
}

export type KeysNeeds = {
  readonly store: Pick<Store, 'note' | 'keepNote'>
  readonly clock: () => number
  readonly random: (bytes: number) => Uint8Array
}

type Changed = { readonly keys: KeySet; readonly before: KeySet }

const lasting = 1_000 // ms
const again = 50 // ms between look-ups for keys that nobody knows
const kept = 24 * 3_600_000 // ms; longer than any token that is checked

/**
 * Access tokens are checked by nobody but us, as fast as can be: ES256. OpenID Connect demands RS256 of id_tokens; SMART knows
 * ES384.
 */
const makers: readonly (readonly [Algorithm, () => Promise<JsonWebKey>])[] = [
  ['ES256', async () => (await generate('ec', { namedCurve: 'P-256' })).privateKey.export({ format: 'jwk' })],
  ['RS256', async () => (await generate('rsa', { modulusLength: 2048 })).privateKey.export({ format: 'jwk' })],
  ['ES384', async () => (await generate('ec', { namedCurve: 'P-384' })).privateKey.export({ format: 'jwk' })],
]

export function openKeys({ store, clock, random }: KeysNeeds): Keys {
  const keyOf = (tenant: string) => ({ tenant, kind: 'signing-keys', id: 'keys' })

  function fresh(): Promise<KeySet> {
    const kid = () => Buffer.from(random(9)).toString('base64url')
    return Promise.all(makers.map(async ([alg, make]) => ({ kid: kid(), alg, jwk: await make() })))
  }

  /** Whoever keeps them first decides for all. */
  async function look(tenant: string): Promise<KeySet> {
    const note = await store.note(keyOf(tenant))
    if (note) return (JSON.parse(note.text) as KeySet).filter(key => isGood(key, clock()))
    const keys = await fresh()
    const revision = await store.keepNote({ ...keyOf(tenant), text: JSON.stringify(keys), tags: [], revision: 0 })
    return revision === undefined ? look(tenant) : keys
  }

  const known = recent(clock, lasting, look)
  const asked = new Map<string, number>()

  /** `keep`: what of those before. */
  async function change(tenant: string, keep: (before: KeySet) => KeySet): Promise<Changed> {
    await look(tenant)
    const note = await store.note(keyOf(tenant))
    const before: KeySet = JSON.parse(note?.text ?? '[]')
    const keys = [...(await fresh()), ...keep(before)]
    const text = JSON.stringify(keys)
    const revision = await store.keepNote({ ...keyOf(tenant), text, tags: [], revision: note?.revision ?? 0 })
    known.forget(tenant)
    return revision === undefined ? change(tenant, keep) : { keys, before }
  }

  return {
    of: known.of,
    anew(tenant) {
      const now = clock()
      if (Math.abs(now - (asked.get(tenant) ?? 0)) > again) known.forget(tenant)
      asked.set(tenant, now)
      return Promise.resolve(known.of(tenant))
    },
    async rotate(tenant) {
      const now = clock()
      const retire = (before: KeySet): KeySet =>
        before.filter(key => isGood(key, now)).map(key => ({ retired: now, ...key }))
      return (await change(tenant, retire)).keys
    },
    async replace(tenant) {
      const { keys, before } = await change(tenant, () => [])
      return { keys, gone: before.map(({ kid }) => kid) }
    },
  }
}

/** ms; what a key signed that is retired is good until then. */
export function endOf(retired: number): number {
  return retired + kept
}

function isGood({ retired }: SigningKey, now: number): boolean {
  return retired === undefined || now < endOf(retired)
}

/** The key that signs with an algorithm at present. */
export function signerOf(keys: KeySet, alg: Algorithm): SigningKey {
  const found = keys.find(key => key.alg === alg && key.retired === undefined)
  if (!found) throw new Error(`there is no key for ${alg}`)
  return found
}
