import { randomBytes } from 'node:crypto'
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { addKey, dropKey, namesIn, newKeyFile, openKeyFile } from '../../../src/security/encryption/key-file.ts'
import { BadKeys } from '../../../src/security/encryption/key-wrapper.ts'

t.test('a new file is for its owner alone, and never in the place of another', async t => {
  const file = join(t.testdir(), 'keys')
  const name = newKeyFile(file, randomBytes)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(name, /^1-[0-9a-f]{8}$/)
  t.same(namesIn(file), [name])
  const before = readFileSync(file)
  t.throws(() => newKeyFile(file, randomBytes), BadKeys)
  t.same(readFileSync(file), before)
})

t.test('a file that others may read is refused', async t => {
  const file = join(t.testdir(), 'keys')
  newKeyFile(file, randomBytes)
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    chmodSync(file, mode)
    t.throws(() => openKeyFile(file, randomBytes), /others than its owner .*expected 600/, mode.toString(8))
  }
  chmodSync(file, 0o400)
  t.ok(openKeyFile(file, randomBytes))
})

t.test('a file that is not there, is empty or was changed says so', async t => {
  const folder = t.testdir()
  t.throws(() => openKeyFile(join(folder, 'none'), randomBytes), /there is no key file .*kiln key new/)
  const file = join(folder, 'keys')
  newKeyFile(file, randomBytes)
  const text = readFileSync(file, 'utf8')
  const broken: Record<string, string> = {
    empty: '',
    'a comment only': '# nothing\n',
    'another key under the name': text.replace(/ [\w-]{43}$/m, ` ${randomBytes(32).toString('base64url')}`),
    'a short key': text.replace(/.{4}\n$/, '\n'),
    nonsense: 'hello\n',
  }
  for (const [what, content] of Object.entries(broken)) {
    writeFileSync(file, content)
    t.throws(() => openKeyFile(file, randomBytes), BadKeys, what)
  }
})

t.test('keys are unwrapped by the master key that wrapped them, about the same thing', async t => {
  const file = join(t.testdir(), 'keys')
  newKeyFile(file, randomBytes)
  const wrapper = openKeyFile(file, randomBytes)
  const key = randomBytes(32)
  const wrapped = await wrapper.wrap(key, 'a')
  t.same(await wrapper.unwrap(wrapped, 'a'), key)
  t.notMatch(readFileSync(file, 'utf8'), wrapped.text)
  await t.rejects(wrapper.unwrap(wrapped, 'b'), BadKeys)
  await t.rejects(wrapper.unwrap({ ...wrapped, text: `A${wrapped.text.slice(1)}B` }, 'a'), BadKeys)
  await t.rejects(wrapper.unwrap({ ...wrapped, by: '7-00000000' }, 'a'), /'7-00000000', which is not in/)
})

t.test('a key that is added is current at once, also for who has opened the file before', async t => {
  const file = join(t.testdir(), 'keys')
  const first = newKeyFile(file, randomBytes)
  const wrapper = openKeyFile(file, randomBytes)
  const old = await wrapper.wrap(randomBytes(32), 'a')
  const second = addKey(file, randomBytes)
  t.match(second, /^2-/)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(await wrapper.current(), second)
  t.equal((await wrapper.wrap(randomBytes(32), 'a')).by, second)
  t.equal((await wrapper.unwrap(old, 'a')).length, 32)
  t.throws(() => dropKey(file, second), /is the current one/)
  t.throws(() => dropKey(file, '9-00000000'), /is not in/)
  dropKey(file, first)
  t.same(namesIn(file), [second])
  t.match(addKey(file, randomBytes), /^3-/, 'a name is never given again')
  await t.rejects(openKeyFile(file, randomBytes).unwrap(old, 'a'), BadKeys)
})
