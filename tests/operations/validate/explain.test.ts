import t from 'tap'
import type { Issue } from '../../../src/fhir/issue.ts'
import { placesIn } from '../../../src/fhir/json-place.ts'
import { explain } from '../../../src/operations/validate/explain.ts'

const text = '{\n  "resourceType": "Patient",\n  "birthDate": "1990-13-01"\n}\n'
const source = { name: 'a.json', text, placeOf: placesIn(text) }
const wrong: Issue = { severity: 'error', code: 'value', diagnostics: 'is no date', expression: 'Patient.birthDate' }

t.test('a finding is shown with its line and a caret below the place', async t => {
  t.equal(
    explain(source, [wrong], false),
    [
      'a.json:3:16: error: is no date',
      '  at Patient.birthDate',
      '  3 |   "birthDate": "1990-13-01"',
      '    |                ^^^^^^^^^^^^',
      '',
      'a.json: 1 error',
    ].join('\n'),
  )
})

t.test('the key of a constraint and its definition are named', async t => {
  const issue = { ...wrong, key: 'pat-1', source: 'http://p' }
  t.match(explain(source, [issue], false), 'error: is no date [pat-1, http://p]')
})

t.test('the summary counts errors and warnings', async t => {
  const warning = { ...wrong, severity: 'warning' } as const
  t.match(explain(source, [wrong, wrong, warning], false), /a\.json: 2 errors, 1 warning$/)
  t.equal(explain(source, [], false), 'a.json: no problems')
})

t.test('what could not be parsed is shown where the parser stood', async t => {
  const { expression: _, ...placeless } = wrong
  const fault = { ...placeless, diagnostics: 'JSON, line 2, column 6: expected ":"' }
  const json = explain({ name: 'x', text: '{\n "a" 1}' }, [fault], false)
  t.match(json, 'x:2:6: error')
  t.match(json, '  2 |  "a" 1}\n    |      ^\n')
  const xml = explain({ name: 'x', text: '<a>\n  <b/>\n</a>' }, [{ ...wrong, diagnostics: 'XML, line 2: no' }], false)
  t.match(xml, '  2 |   <b/>\n    |   ^^^^\n')
})

t.test('of a document in one line only what is around the place is shown', async t => {
  const long = `{"resourceType":"Patient","a":"${'x'.repeat(5000)}","birthDate":"1990-13-01","b":"${'y'.repeat(5000)}"}`
  const shown = explain({ name: 'a', text: long, placeOf: placesIn(long) }, [wrong], false).split('\n')
  t.ok(shown.every(line => line.length < 120))
  const [quoted = '', carets = ''] = shown.slice(2)
  t.equal(quoted.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1), '"1990-13-01"')
})

t.test('what a terminal would obey does not come through, and colours only where they are wanted', async t => {
  const evil = text.replace('1990-13-01', '\u001b[31m\u009b')
  const issue = { ...wrong, diagnostics: 'found \u001b]0;title\u0007' }
  const plain = explain({ name: 'a\u001b', text: evil, placeOf: placesIn(evil) }, [issue], false)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may be there
  t.notMatch(plain, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  t.match(explain(source, [wrong], true), '\u001b[31merror')
})
