/**
 * The chain of a tenant's audit. Events that several processes write have one order, that of the commit sequence; each seal
 * covers those of a stretch of it, and the seal before. Whoever changes, removes, adds or exchanges an event behind a seal
 * changes what the stretch hashes to; whoever changes a seal does not know the key, or else contradicts an anchor.
 */
import { createHash, createHmac, type Hash, timingSafeEqual } from 'node:crypto'
import type { Version } from '../../store/port.ts'

export type Seal = {
  readonly tenant: string
  /** 1, 2, 3 … */
  readonly number: number
  /** The stretch: places of the commit sequence behind `after`, up to and with `until`. */
  readonly after: number
  readonly until: number
  /** Events in it. */
  readonly count: number
  /** Of all events up to here, base64url. */
  readonly hash: string
  /** When it was made, ms. */
  readonly at: number
  /** By whom: HMAC-SHA-256 of all the above, base64url. */
  readonly mac: string
}

export type SealHead = Pick<Seal, 'number' | 'until' | 'hash'>

/** Before the first. */
export const origin: SealHead = { number: 0, until: 0, hash: '' }

export type Chain = {
  add(version: Version): void
  readonly count: () => number
  end(): string
}

/** Of the events of one stretch, in order, on top of what was before. */
export function openChain(tenant: string, before: SealHead): Chain {
  const hash = createHash('sha256').update(`kiln audit 1\n${tenant}\n${before.number + 1}\n${before.hash}\n`)
  let count = 0
  return {
    add(version) {
      chained(hash, version)
      count++
    },
    count: () => count,
    end: () => hash.digest('base64url'),
  }
}

/** Lengths first: no text can pretend to be two events. */
function chained(hash: Hash, { seq, id, version, json = '' }: Version): void {
  hash.update(`${seq} ${id} ${version} ${Buffer.byteLength(json)}\n`).update(json)
}

export function sealed(secret: Uint8Array, seal: Omit<Seal, 'mac'>): Seal {
  return { ...seal, mac: macOf(secret, seal) }
}

export function isGenuine(secret: Uint8Array, seal: Seal): boolean {
  const [given, due] = [Buffer.from(seal.mac), Buffer.from(macOf(secret, seal))]
  return given.length === due.length && timingSafeEqual(given, due)
}

function macOf(secret: Uint8Array, { tenant, number, after, until, count, hash, at }: Omit<Seal, 'mac'>): string {
  const text = JSON.stringify([tenant, number, after, until, count, hash, at])
  return createHmac('sha256', secret).update(text).digest('base64url')
}

/** `undefined`: this is none. */
export function parseSeal(text: string): Seal | undefined {
  try {
    const seal: unknown = JSON.parse(text)
    return isSeal(seal) ? seal : undefined
  } catch {
    return undefined
  }
}

const numbers = ['number', 'after', 'until', 'count', 'at'] as const
const strings = ['tenant', 'hash', 'mac'] as const

function isSeal(value: unknown): value is Seal {
  if (typeof value !== 'object' || value === null) return false
  const of = value as Record<string, unknown>
  return numbers.every(name => Number.isSafeInteger(of[name])) && strings.every(name => typeof of[name] === 'string')
}
