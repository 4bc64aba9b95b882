/** Texts and the trees they are read as, or what is said of them: `grammar.json`. */

import t from 'tap'
import { FhirError } from '../../../src/fhir/issue.ts'
import { parseEcl } from '../../../src/terminology/ecl/parse.ts'
import { fc } from '../../property.ts'
import cases from './grammar.json' with { type: 'json' }
import { printed } from './printed.ts'

const said = (text: string): string => {
  try {
    return `read as ${printed(parseEcl(text))}`
  } catch (error) {
    if (error instanceof FhirError) return error.message.replace(/^ECL: /, '')
    throw error
  }
}

t.test('a constraint is read as its grammar says', async t => {
  for (const [text = '', expected] of cases.good) t.equal(printed(parseEcl(text)), expected, text)
})

t.test('a mistake is told by its place, by what was expected and what was found', async t => {
  for (const [text = '', expected] of cases.bad) t.equal(said(text), expected, JSON.stringify(text))
})

t.test('a long text before the mistake is cut, and letters beyond 16 bits are one character', async t => {
  const text = `${'404684003 OR '.repeat(20)} 𝒳`
  t.equal(
    said(text),
    "at character 262, after '…84003 OR 404684003 OR 404684003 OR 404684003 OR 404684003 OR': " +
      "expected an operator such as <<, a concept id, * or '(', found '𝒳'",
  )
  t.match(said(`404684003 |𝒳𝒳| )`), 'at character 16,')
})

t.test('what is malformed is a 400, what is too long a 413', async t => {
  const status = (text: string): number => {
    try {
      parseEcl(text)
    } catch (error) {
      if (error instanceof FhirError) return error.status
    }
    return 200
  }
  t.equal(status('LOINC#54486-6'), 200)
  t.equal(status('<<'), 400)
  t.equal(status('ICD10#A00'), 400)
  t.equal(status(`${'404684003 OR '.repeat(9_000)} 404684003`), 413)
})

t.test('nesting has an end', async t => {
  const nested = (open: string, close: string, times: number): string =>
    `${open.repeat(times)}404684003${close.repeat(times)}`
  t.equal(printed(parseEcl(nested('(', ')', 60))), '404684003')
  const opens = ['(', '* : * = (', '* : { * = (', '(* {{ C moduleId = ', '* {{ typeId = ', '^ (']
  for (const text of [
    ...opens.map(open => nested(open, ')', 20_000 / open.length)),
    `* : ${nested('(', ')', 9_000)}`,
  ]) {
    t.match(said(text), /^at character \d+, after .*brackets are nested deeper than 64/)
  }
})

t.test('filters have an end', async t => {
  const filtered = (times: number): string => `*${'{{C active=1}}'.repeat(times)}`
  t.ok(parseEcl(filtered(500)))
  t.match(said(filtered(501)), /^at character 7002, after .*: more than 500 filters: expected at most 500/)
})

t.test('reading takes linear time', async t => {
  for (const piece of ['(', '*:(', '/*', '|', '"', '{{', '[', '404684003 ', ' ', '((* OR *)', '* {{ term = "', '\\']) {
    said(piece.repeat(90_000 / piece.length))
    said(`* {{ term = "${piece.repeat(80_000 / piece.length)}`)
  }
  const wide = Array.from({ length: 7_000 }, () => '404684003').join(' OR ')
  t.equal(printed(parseEcl(wide)).length, 7_000 * 13 - 2)
})

t.test('no text breaks the reader', async t => {
  const pieces = cases.good.flatMap(([text = '']) => text.split(/(\W+)/))
  const soup = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3, unit: 'binary' })), {
    maxLength: 30,
  })
  fc.assert(
    fc.property(soup, words => said(words.join('')) !== ''),
    { numRuns: 3_000 },
  )
  t.pass()
})
