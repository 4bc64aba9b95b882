import t from 'tap'
import type { Account } from '../../../src/security/accounts/account.ts'
import { factorsOf, isAtLeast, neededFor, provenBy, wantedBy } from '../../../src/security/accounts/assurance.ts'

const plain: Account = {
  ...{ id: '1', login: 'ann', name: 'Ann', roles: ['nurse'], links: [], locked: false },
  ...{ passkeys: [], emailCodes: false, recovery: ['digest'], created: 0 },
}
const passkey = { id: 'k', name: 'Key', publicKey: '', counter: 0, transports: [], created: 0 }

t.test('recovery codes alone are no second factor', async t => {
  t.same(factorsOf(plain), [])
  t.same(factorsOf({ ...plain, totp: { sealed: '', last: 0 } }), ['totp', 'recovery'])
  t.same(factorsOf({ ...plain, emailCodes: true, email: { address: 'a@b', verified: false } }), [])
})

t.test('who has a second factor, or a role that asks for one, is asked', async t => {
  t.equal(neededFor(plain, 'aal1', []), 'aal1')
  t.equal(neededFor(plain, 'aal1', ['nurse']), 'aal2')
  t.equal(neededFor({ ...plain, passkeys: [passkey] }, 'aal1', []), 'aal2')
  t.equal(neededFor(plain, 'aal2', []), 'aal2')
  t.equal(neededFor(plain, 'phr', []), 'aal2', 'who has no passkey cannot be asked for one')
  t.equal(neededFor({ ...plain, passkeys: [passkey] }, 'phr', []), 'phr')
})

t.test('of what an app would like, the first that we know counts', async t => {
  t.equal(wantedBy([]), 'aal1')
  t.equal(wantedBy(['urn:other', 'aal2', 'phr']), 'aal2')
  t.equal(wantedBy(['phr', 'aal1']), 'phr')
})

t.test('a passkey proves more than a code', async t => {
  t.same(provenBy('passkey', ['pwd']), { acr: 'phr', amr: ['pwd', 'hwk', 'mfa'] })
  t.same(provenBy('totp', ['pwd']), { acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] })
  t.ok(isAtLeast('phr', 'aal2'))
  t.notOk(isAtLeast('aal1', 'aal2'))
})
