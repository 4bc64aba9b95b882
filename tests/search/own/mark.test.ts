import t from 'tap'
import { loadDefinitions } from '../../../src/conformance/definitions.ts'
import { type Entries, noEntries } from '../../../src/search/entry.ts'
import { fits, worldOf } from '../../../src/search/match.ts'
import type { Node } from '../../../src/search/node.ts'
import { bearsOther, isStale, marked, markOf } from '../../../src/search/own/mark.ts'
import { openMarks } from '../../../src/search/own/marks.ts'
import { type SearchParameter, searchParameters } from '../../../src/search/parameters.ts'

const definitions = loadDefinitions()

const colour: SearchParameter = {
  url: 'http://x/colour',
  name: 'colour',
  code: 'colour',
  base: ['Patient'],
  type: 'token',
  expression: 'Patient.gender',
  own: true,
}

function parameters(...own: readonly SearchParameter[]) {
  return searchParameters({ ...definitions, searchParameters: [...definitions.searchParameters, ...own] })
}

const of = (...own: readonly SearchParameter[]): string => markOf('Patient', parameters(...own))

t.test('a mark is that of what decides about entries', async t => {
  const other = { ...colour, code: 'other', url: 'http://x/other' }
  const marks = [
    of(),
    of(colour),
    of({ ...colour, expression: 'Patient.name.text' }),
    of({ ...colour, type: 'string' }),
    of({ ...colour, code: 'hue' }),
    of({ ...colour, type: 'reference', target: ['Patient'] }),
    of(colour, other),
  ]
  t.equal(new Set(marks).size, marks.length)
  t.equal(of(other, colour), of(colour, other), 'in any order')
  t.equal(of({ ...colour, name: 'renamed' }), of(colour))
  t.equal(markOf('Observation', parameters(colour)), markOf('Observation', parameters()), 'each type has its own')
  t.not(
    markOf('Bundle', parameters()),
    markOf('Observation', parameters()),
    'R4’s parameters find more in it than before',
  )
  for (const mark of marks) t.match(mark, /^[01]{32}$/)
})

t.test('to bear another mark is to be stale', async t => {
  const marks = [of(), of(colour), '0'.repeat(32), '1'.repeat(32), `${'0'.repeat(31)}1`]
  const is = (entries: Entries, where: Node): boolean =>
    fits(where, { type: 'Patient', id: '1', updated: 0, born: 0, entries }, worldOf([]))
  for (const mark of marks) {
    for (const borne of marks) {
      const entries = marked(noEntries, borne)
      t.equal(is(entries, isStale(mark)), mark !== borne)
      t.equal(is(entries, bearsOther([mark])), mark !== borne)
      t.notOk(is(entries, bearsOther(marks)))
      t.equal(is(entries, bearsOther(marks.filter(each => each !== mark))), mark === borne)
    }
    t.ok(is(noEntries, isStale(mark)), 'so are those without')
  }
})

t.test('what comes or goes beside a parameter does not concern it', async t => {
  const marksOf = openMarks()
  const none = marksOf(parameters())
  const one = marksOf(parameters(colour))
  const other = marksOf(parameters({ ...colour, expression: 'Patient.name.text' }))
  const both = marksOf(parameters(colour, { ...colour, code: 'hue', url: 'http://x/hue' }))
  for (const { mark } of [none, one, other]) mark('Patient')
  t.same(new Set(both.marksFor('Patient', 'colour')), new Set([one.mark('Patient'), both.mark('Patient')]))
  t.same(both.marksFor('Patient', 'hue'), [both.mark('Patient')])
  t.same(
    openMarks()(parameters(colour)).marksFor('Patient', 'colour'),
    [one.mark('Patient')],
    'what was before is not known',
  )
})
