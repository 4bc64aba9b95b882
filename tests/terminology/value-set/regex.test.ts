import t from 'tap'
import { FhirError } from '../../../src/fhir/issue.ts'
import { regexOf } from '../../../src/terminology/value-set/regex.ts'
import { fc } from '../../property.ts'

t.test('it matches what JavaScript matches, from end to end', async t => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '[a-c]', '\\d', '\\w', '\\.', '[\\d-]', '\\x61', '[\\]x]')
  const { pattern } = fc.letrec<{ pattern: string }>(tie => ({
    pattern: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      atom,
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `${a}${b}`),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(${a}|${b})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{0,}', '*?'))
        .map(([a, q]) => `(?:${a})${q}`),
    ),
  }))
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', '-', '😀', 'é'), maxLength: 8 })
  fc.assert(
    fc.property(pattern, text, (pattern, text) => {
      t.equal(regexOf(pattern)(text), new RegExp(`^(?:${pattern})$`, 'u').test(text), `${pattern} on ${text}`)
    }),
    { numRuns: 1_000 },
  )
})

t.test('what ruins other machines takes no longer', async t => {
  const text = `${'a'.repeat(20_000)}b`
  for (const pattern of ['(a+)+', '(a|a)*', '(a|aa)+', '(a*)*', '(.*)*x', '([a-z]+)*1', '(a?){50}a{50}']) {
    t.equal(regexOf(pattern)(text), false, pattern)
  }
  t.equal(regexOf('(a+)+b')(text), true)
})

t.test('repetitions of nothing in each other are not counted out', async t => {
  const nothing = Array.from({ length: 8 }).reduce<string>(inner => `(${inner}){1000}`, '')
  const text = `the regular expression is too large: it needs more than 5000 states`
  t.throws(() => regexOf(nothing, 'here'), { message: text, status: 403 })
  t.equal(regexOf('(){1000}a')('a'), true)
})

t.test('what needs a new set of states for each character is stopped', async t => {
  let seed = 1
  const text = Array.from({ length: 60_000 }, () => {
    seed = (seed * 48_271) % 2_147_483_647
    return seed % 2 === 0 ? 'a' : 'b'
  }).join('')
  t.throws(() => regexOf('.*a.{900}', 'here')(text), { message: 'the regular expression takes too long', status: 403 })
  const match = regexOf('.*a.{9}')
  t.equal(match(text), text.at(-10) === 'a', 'a small one is not')
})

t.test('anchors at the ends change nothing', async t => {
  for (const pattern of ['^ab$', 'ab$', '^ab', '(^ab$)', '^ab$|^cd$']) t.equal(regexOf(pattern)('ab'), true, pattern)
  t.equal(regexOf('ab')('abc'), false)
  t.equal(regexOf('')(''), true)
})

const refused: Record<string, string> = {
  '(?=a)b': 'looks ahead',
  '(?<!a)b': 'looks ahead',
  '(?<name>a)': 'names a group',
  '(a)\\1': "'\\1'",
  '\\bword': "'\\b'",
  '\\p{L}': "'\\p'",
  'a++': 'possessive',
  'a**': 'nothing to repeat',
  '*a': "'*' where it has no meaning",
  '(a': "lacks a ')'",
  'a)': "a ')' too many",
  '[a': "lacks a ']'",
  '[b-a]': 'range from more to less',
  'a{3,1}': 'from more to fewer',
  'a{1001}': 'more than 1000 times',
  'a{1,1000000}': 'more than 1000 times',
  a$b: "'$' within",
  'a\\': "ends with '\\'",
  '\\u12': 'without its digits',
  '[[:alpha:]]': 'a class within a class',
}

for (const [pattern, what] of Object.entries(refused)) {
  t.test(`'${pattern}' is refused with the reason`, async t => {
    t.throws(() => regexOf(pattern, 'here'), {
      message: new RegExp(what.replaceAll(/[\\*$'()[\]]/g, '\\$&')),
      status: 422,
    })
  })
}

t.test('what is too large is refused before it is built', async t => {
  for (const pattern of ['((a{1,1000}){1,1000}){1,1000}', `${'('.repeat(60)}a${')'.repeat(60)}`, 'a'.repeat(1_001)]) {
    t.throws(() => regexOf(pattern), FhirError)
  }
})
