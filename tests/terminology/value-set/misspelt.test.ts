/** Codes of ICD-10 that nearly are some; what is said of them in answers: `cases/validate-icd.json`. */
import t from 'tap'
import { unknownCode } from '../../../src/terminology/value-set/coding-issues.ts'
import { misspelt } from '../../../src/terminology/value-set/misspelt.ts'
import { terminologyOf } from '../../../src/terminology/value-set/terminology.ts'
import { fc } from '../../property.ts'

const url = 'http://hl7.org/fhir/sid/icd-10-cm'
const concept = ['A17', 'A17.0', 'G01', 'S00.0XXA'].map(code => ({ code }))
const content = 'fragment'
const system = terminologyOf([{ resourceType: 'CodeSystem', url, status: 'active', content, concept }]).codeSystem(url)

t.test('a fragment tells, too, which code was meant', async t => {
  if (system === undefined) throw new Error('not there')
  const { diagnostics, severity } = unknownCode('S000XXA', system, 'code', undefined)
  t.equal(severity, 'warning')
  t.match(diagnostics, "Unknown Code 'S000XXA' in the CodeSystem")
  t.match(
    diagnostics,
    "codes are written with their period; expected 'S00.0XXA' - note that the code system is labeled",
  )
})

t.test('of an expression it tells that none is judged', async t => {
  const [sct, code] = ['http://snomed.info/sct', '73211009:363698007=113331007']
  const facts = { resourceType: 'CodeSystem', url: sct, status: 'active', content, compositional: true }
  const expressive = terminologyOf([facts]).codeSystem(sct)
  if (expressive === undefined) throw new Error('not there')
  const { diagnostics, severity } = unknownCode(code, expressive, 'code', undefined)
  t.equal(severity, 'warning')
  t.match(
    diagnostics,
    `'${sct}': post-coordinated expressions are not supported - note that the code system is labeled`,
  )
})

t.test('whatever marks and spaces a code has, no other code than its own is proposed', async t => {
  if (system === undefined) throw new Error('not there')
  const code = fc.constantFrom(...concept.map(({ code }) => code))
  const noise = fc.constantFrom('', '.', '-', '†', '*', '+', '!', ' ', '†*')
  fc.assert(
    fc.property(code, noise, fc.boolean(), (code, noise, dotted) => {
      const text = `${dotted ? code : code.replace('.', '')}${noise}`
      const why = system.find(text) === undefined ? misspelt(text, system) : undefined
      t.ok(
        why === undefined ? system.find(text) !== undefined : why.endsWith(`; expected '${code}'`),
        `${text}: ${why}`,
      )
    }),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      misspelt(text, system)
      return true
    }),
  )
})
