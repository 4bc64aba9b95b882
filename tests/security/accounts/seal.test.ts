import { randomBytes } from 'node:crypto'
import t from 'tap'
import { openSeal } from '../../../src/security/accounts/seal.ts'

const secret = randomBytes(32)
const { seal, open, digest } = openSeal(secret, randomBytes)

t.test('what is sealed is opened again, about the same, by who has the secret', async t => {
  const sealed = seal('JBSWY3DPEHPK3PXP', 'totp 1')
  t.equal(open(sealed, 'totp 1'), 'JBSWY3DPEHPK3PXP')
  t.not(sealed, seal('JBSWY3DPEHPK3PXP', 'totp 1'))
  t.throws(() => open(sealed, 'totp 2'))
  t.throws(() => openSeal(randomBytes(32), randomBytes).open(sealed, 'totp 1'))
  t.throws(() => open('', 'totp 1'))
})

t.test('no bit of it can be changed', async t => {
  const bytes = Buffer.from(seal('secret', 'x'), 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    t.throws(() => open(changed.toString('base64url'), 'x'), `byte ${at}`)
  }
})

t.test('a digest is of one purpose and one secret', async t => {
  t.equal(digest('a', 'x'), digest('a', 'x'))
  t.not(digest('a', 'x'), digest('a', 'y'))
  t.not(digest('a', 'x'), openSeal(randomBytes(32), randomBytes).digest('a', 'x'))
})
