import t from 'tap'
import { isSafe } from '../../../../src/fhir/path/compiled/pattern-safety.ts'

const safe = [
  '^[a-z]+$',
  '[A-Z]([A-Za-z0-9_]){0,254}',
  '^[a-zA-Z0-9\\/\\-_\\[\\]\\@]+$',
  '[A-Za-z][A-Za-z0-9]*(\\.[a-z][A-Za-z0-9]*(\\[x])?)*',
  '[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\.[^\\s\\.,:;\\\'"\\/|?!@#$%&*()\\[\\]{}]{1,64}(\\[x\\])?(\\:[^\\s\\.]+)?)*',
  '^http:\\/\\/hl7\\.org\\/fhirpath\\/System\\.[A-Z][A-Za-z]+$',
  '\\..*',
  '^\\d{5}(-\\d{4})?$',
  '^(home|work|temp)$',
  '(ab)*c',
  'a?b',
  '',
]

const unsafe = [
  '(a+)+',
  '(a*)*',
  '(a|a)*',
  '(a|ab)*c',
  '(a?){1,50}',
  '(.*a){20}',
  '([a-z]+)*[a-z]',
  '(\\w+\\s?)*$',
  '([a-zA-Z0-9]+\\.?)*',
  'a*a*a*a*b',
  '(a{1,30}){1,30}',
  '(?=a)b',
  '(a)\\1',
  '\\p{L}+',
  '((a|b)|[ab])+',
]

t.test('a pattern with one way to match is safe', async t => {
  for (const source of safe) t.equal(isSafe(source), true, source)
})

t.test('a pattern that may try in many ways is not, nor is one that cannot be read', async t => {
  for (const source of unsafe) t.equal(isSafe(source), false, source)
})
