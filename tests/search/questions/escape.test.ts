import t from 'tap'
import { splitUnescaped, strayBackslash, unescaped } from '../../../src/search/questions/escape.ts'

t.test('a backslash before a separator or a backslash is taken away, any other stays', async t => {
  const cases: readonly (readonly [string, string])[] = [
    ['a\\,b', 'a,b'],
    ['a\\|b\\$c', 'a|b$c'],
    ['a\\\\', 'a\\'],
    ['a\\\\,b', 'a\\,b'],
    ['a\\nb', 'a\\nb'],
    ['\\', '\\'],
    ['', ''],
  ]
  for (const [text, expected] of cases) t.equal(unescaped(text), expected, text)
})

t.test('escaped separators do not separate', async t => {
  t.strictSame(splitUnescaped('a|b\\|c|d', '|'), ['a', 'b\\|c', 'd'])
  t.strictSame(splitUnescaped('a\\\\|b', '|'), ['a\\\\', 'b'], 'the backslash itself was escaped')
  t.strictSame(splitUnescaped('a|b$c', '$'), ['a|b', 'c'])
  t.strictSame(splitUnescaped('', '|'), [''])
  t.strictSame(splitUnescaped('|', '|'), ['', ''])
  t.strictSame(splitUnescaped('a\\', '|'), ['a\\'])
})

t.test('a backslash that escapes nothing is found', async t => {
  for (const text of ['', 'a', 'a\\,b', 'a\\\\', '\\|\\$\\\\n']) t.equal(strayBackslash(text), undefined, text)
  t.equal(strayBackslash('a\\nb'), 1)
  t.equal(strayBackslash('\\'), 0)
  t.equal(strayBackslash('\\,x\\'), 3)
  t.equal(strayBackslash('\\\\\\'), 2, 'the first two are one')
})
