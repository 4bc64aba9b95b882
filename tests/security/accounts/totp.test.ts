import t from 'tap'
import { enrolmentOf, stepOf } from '../../../src/security/accounts/totp.ts'
import { codeAt } from './people.ts'

const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
const now = Date.UTC(2026, 0, 1, 12)
const step = now / 30_000

t.test('codes of this moment, and of one step before and behind, are good', async t => {
  for (const at of [-1, 0, 1]) t.equal(stepOf(secret, codeAt(secret, now + at * 30_000), now, 0), step + at)
  for (const at of [-2, 2]) t.equal(stepOf(secret, codeAt(secret, now + at * 30_000), now, 0), undefined)
  t.equal(stepOf(secret, codeAt(secret, now).replace(/(?<=^...)/, ' '), now, 0), step, 'as apps print it')
})

t.test('a code is good once, and so are those before it', async t => {
  const code = codeAt(secret, now)
  t.equal(stepOf(secret, code, now, step), undefined)
  t.equal(stepOf(secret, code, now, step + 1), undefined)
  t.equal(stepOf(secret, code, now, step - 1), step)
})

t.test('anything else is no code', async t => {
  for (const bad of ['', '12345', '1234567', 'abcdef', '١٢٣٤٥٦', '-12345', '1e5   ']) {
    t.equal(stepOf(secret, bad, now, 0), undefined, bad)
  }
})

t.test('an app learns by the link what it would be typed', async t => {
  const { uri } = enrolmentOf({ login: 'ann&secret=x' }, 'Kiln kiln.example', secret)
  const url = new URL(uri)
  t.equal(url.protocol, 'otpauth:')
  t.same(url.searchParams.getAll('secret'), [secret])
  t.equal(url.searchParams.get('issuer'), 'Kiln kiln.example')
})
