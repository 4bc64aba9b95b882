/** Stores with encryption, for tests: below, a real one. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Test } from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import type { Encryption } from '../../../src/security/encryption/encryption.ts'
import type { EncryptionEvent } from '../../../src/security/encryption/event.ts'
import { newKeyFile } from '../../../src/security/encryption/key-file.ts'
import { openEncryption } from '../../../src/security/encryption/open.ts'
import type { Store } from '../../../src/store/port.ts'
import type { OpenPlace, Place } from '../../store/place.ts'

export const definitions = loadDefinitions()

export function keyFile(t: Test): string {
  const file = join(t.testdir(), 'keys')
  newKeyFile(file, randomBytes)
  return file
}

export type Sealed = Encryption & { readonly store: Store; readonly events: EncryptionEvent[] }

/** `elapsed`: ms; without it the clock of the process. */
export async function sealed(
  below: Store,
  file: string,
  names: readonly string[],
  elapsed: () => number = () => performance.now(),
): Promise<Sealed> {
  const events: EncryptionEvent[] = []
  const { store, encryption } = await openEncryption(below, {
    definitions,
    settings: { names, file },
    tenants: ['default'],
    random: randomBytes,
    elapsed,
    observe: event => void events.push(event),
  })
  if (!encryption) throw new Error('there is encryption where there are types')
  return { ...encryption, store, events }
}

/** A place of the contract whose resources are all sealed. */
export function sealedPlace(open: OpenPlace, types: readonly string[]): OpenPlace {
  return async t => {
    const file = keyFile(t)
    const place = await open(t)
    const own = await sealed(place.store, file, types)
    const again: Place['again'] = async fault => {
      let open = false // opening is not what is to fail
      const { store } = await sealed(
        await place.again(fault && (step => (open ? fault(step) : undefined))),
        file,
        types,
      )
      open = true
      return store
    }
    return Object.defineProperties(
      { store: own.store, now: 0, again, isSealed: true },
      { now: { get: () => place.now, set: (ms: number) => Object.assign(place, { now: ms }) } },
    )
  }
}

/** All that the contract writes. */
export const contractTypes = ['Patient', 'Observation', 'Group', 'Organization', 'Encounter', 'Condition']

/** Elements of them, so that every text is of both sorts. */
export const contractElements = contractTypes.flatMap(type => [`${type}.language`, `${type}.extension`])
