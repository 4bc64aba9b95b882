import { randomBytes } from 'node:crypto'
import t from 'tap'
import { checkPassword, generatePassword, hashPassword, isPassword } from '../../../src/security/accounts/password.ts'

t.test('a password is kept as argon2id with the parameters that are stated', async t => {
  const hashed = await hashPassword('seven quiet herons', randomBytes)
  t.match(hashed, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  t.not(hashed, await hashPassword('seven quiet herons', randomBytes), 'salted')
  t.equal(await isPassword(hashed, 'seven quiet herons'), true)
  t.equal(await isPassword(hashed, 'seven quiet heron'), false)
  t.equal(await isPassword(undefined, 'seven quiet herons'), false)
  t.equal(await isPassword(undefined, ''), false)
})

t.test('however a keyboard writes an ä', async t => {
  const hashed = await hashPassword('zähe Bären tanzen', randomBytes)
  t.equal(await isPassword(hashed, 'za\u0308he Ba\u0308ren tanzen'), true)
})

t.test('what is long enough, and no name or number, is good', async t => {
  for (const good of [
    'seven quiet herons',
    'Vier Bären!!',
    '好好学习天天向上一二三四',
    generatePassword(randomBytes),
  ]) {
    t.doesNotThrow(() => checkPassword(good, ['ann', 'wong']), good)
  }
  const cases: [string, RegExp][] = [
    ['short', /has 5 characters: expected at least 12/],
    ['x'.repeat(257), /too long/],
    ['aaaaaaaaaaaaaaa', /fewer than 5 different/],
    ['123412341234', /fewer than 5 different/],
    ['my name is Wong', /contains the name/],
    ['password12345', /guessed first/],
    ['Welcome2026!!', /guessed first/],
  ]
  for (const [bad, message] of cases) t.throws(() => checkPassword(bad, ['ann', 'wong']), message, bad)
})

t.test('those that are made are never the same', async t => {
  const made = new Set(Array.from({ length: 100 }, () => generatePassword(randomBytes)))
  t.equal(made.size, 100)
  for (const one of made) t.match(one, /^(?:[a-km-np-z2-9]{5}-){3}[a-km-np-z2-9]{5}$/)
})
