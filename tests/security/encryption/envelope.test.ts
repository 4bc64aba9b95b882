import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import t from 'tap'
import { keyNameOf, openText, sealText } from '../../../src/security/encryption/envelope.ts'
import { openMac } from '../../../src/security/encryption/mac.ts'

const key = { ring: 'tenant', number: 3, key: createSecretKey(randomBytes(32)) }
const about = ['default', 'Patient', '1', 2]

t.test('the digest is HMAC-SHA-256, whatever the length of key and text', async t => {
  for (const length of [0, 1, 31, 32, 63, 64, 65, 200]) {
    for (const text of ['', 'a', 'Zoë 👩‍⚕️', 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(1_000)]) {
      const bytes = randomBytes(length)
      t.same(openMac(bytes)(text), createHmac('sha256', bytes).update(text).digest(), `${length}, ${text.length}`)
    }
  }
})

t.test('what is sealed opens again, byte for byte', async t => {
  for (const text of ['', '{}', 'Zoë 👩‍⚕️ \u2028', 'x'.repeat(100_000)]) {
    const sealed = sealText(text, key, about, randomBytes)
    t.equal(openText(sealed, key, about), text)
    t.same(keyNameOf(sealed), { ring: 'tenant', number: 3 })
  }
})

t.test('the same text is never sealed the same way', async t => {
  const all = Array.from({ length: 1_000 }, () => sealText('same', key, about, randomBytes))
  t.equal(new Set(all).size, 1_000)
})

t.test('it opens by its own key and in its own place only', async t => {
  const sealed = sealText('secret', key, about, randomBytes)
  const wrong = [
    [{ ...key, key: createSecretKey(randomBytes(32)) }, about],
    [{ ...key, ring: 'other' }, about],
    [{ ...key, number: 4 }, about],
    [key, ['other', 'Patient', '1', 2]],
    [key, ['default', 'Observation', '1', 2]],
    [key, ['default', 'Patient', '2', 2]],
    [key, ['default', 'Patient', '1', 3]],
    [key, ['default', 'Patient', '1', '2']],
    [key, ['default', 'Patient', '12']],
  ] as const
  for (const [by, place] of wrong)
    t.throws(() => openText(sealed, by, place), JSON.stringify([by.ring, by.number, place]))
})

t.test('whichever bit is changed, it does not open', async t => {
  const sealed = sealText('secret', key, about, randomBytes)
  const start = sealed.lastIndexOf('.') + 1
  const bytes = Buffer.from(sealed.slice(start), 'base64url')
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    t.throws(() => openText(sealed.slice(0, start) + changed.toString('base64url'), key, about), `bit ${bit}`)
  }
  for (let length = 0; length < bytes.length; length++) {
    t.throws(
      () => openText(sealed.slice(0, start) + bytes.toString('base64url', 0, length), key, about),
      `${length} bytes`,
    )
  }
})

t.test('what is no envelope names no key', async t => {
  for (const text of ['', '{}', '1.', '1.tenant', '1.tenant.x.abc', '2.tenant.1.abc', 'x1.tenant.1.abc']) {
    t.equal(keyNameOf(text), undefined, text)
  }
})
