import t from 'tap'
import { loadValueSets } from '../../src/conformance/value-sets.ts'
import { coreCodes } from '../../src/validation/core-codes.ts'

const codes = coreCodes(loadValueSets())
const set = (name: string): string => `http://hl7.org/fhir/ValueSet/${name}|4.0.1`

t.test('codes that are listed', async t => {
  const valueSet = set('administrative-gender')
  t.equal(codes.validate({ valueSet, code: 'female' }), 'in')
  t.equal(codes.validate({ valueSet, code: 'Female' }), 'out')
  t.equal(codes.validate({ valueSet, system: 'http://hl7.org/fhir/administrative-gender', code: 'female' }), 'in')
  t.equal(codes.validate({ valueSet, system: 'http://elsewhere.test', code: 'female' }), 'out')
  t.equal(codes.validate({ valueSet: 'http://elsewhere.test', code: 'female' }), 'unknown value set')
})

t.test('codes that a grammar makes', async t => {
  const isIn = (name: string, code: string) => codes.validate({ valueSet: set(name), code }) === 'in'
  for (const code of ['text/plain', 'application/fhir+json', 'text/html; charset=UTF-8', 'application/x-a; b="c d"']) {
    t.ok(isIn('mimetypes', code), code)
  }
  for (const code of ['plain', 'text/', 'text plain']) t.notOk(isIn('mimetypes', code), code)
  for (const code of ['en', 'de-CH-1996', 'zh-Hans-CN', 'sl-rozaj-biske', 'i-klingon', 'x-own', 'en-a-bbb-x-a']) {
    t.ok(isIn('all-languages', code), code)
  }
  for (const code of ['e', 'de_CH', 'english language', '-de', 'de-']) t.notOk(isIn('all-languages', code), code)
  t.ok(isIn('currencies', 'EUR'))
  t.equal(codes.validate({ valueSet: set('currencies'), code: 'euro' }), 'out')
})

t.test('no code makes a grammar take more than linear time', async t => {
  for (const code of [
    `text/plain${';a=b'.repeat(50_000)}"`,
    `en${'-abcde'.repeat(50_000)}!`,
    `x${'-a'.repeat(90_000)}!`,
  ]) {
    for (const name of ['mimetypes', 'all-languages']) t.equal(codes.validate({ valueSet: set(name), code }), 'out')
  }
})

t.test('what is listed nowhere is not told', async t => {
  const question = { valueSet: set('ucum-units'), system: 'http://unitsofmeasure.org', code: 'kg' }
  t.equal(codes.validate(question), 'unknown system')
})
