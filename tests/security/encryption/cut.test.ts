import t from 'tap'
import { draft } from '../../../src/fhir/stamp.ts'
import { treeOf } from '../../../src/security/access/elements.ts'
import { cut, mended, parsePieces, printPieces } from '../../../src/security/encryption/cut.ts'

const resource = {
  resourceType: 'Patient',
  meta: { tag: [{ code: '}"]\\' }] },
  active: true,
  identifier: [{ value: 'a,b' }, { value: '"}{' }],
  _birthDate: { extension: [{ url: 'x', valueString: 'y' }] },
  birthDate: '1931-04-17',
  contact: [{ name: { text: 'n' }, telecom: [] }, { telecom: [{ value: '5' }] }, { telecom: [], gender: 'male' }],
  multipleBirthInteger: 2,
}
const { rest } = draft(resource, 'p')

function left(...paths: string[]): unknown {
  const { open, pieces } = cut(rest, treeOf(paths))
  const again = parsePieces(printPieces(pieces))
  t.equal(mended({ open, pieces: again }), rest, `${paths} comes back as it was`)
  const { resourceType: _type, ...parsed } = JSON.parse(`{"resourceType":"Patient","meta":{"versionId":"1"${open}`)
  return parsed
}

t.test('an element is taken out of the text, and its twin with it', async t => {
  t.notOk(JSON.stringify(left('identifier')).includes('a,b'))
  t.strictSame(Object.keys(left('birthDate') as object), [
    'meta',
    'active',
    'identifier',
    'contact',
    'multipleBirthInteger',
  ])
  t.strictSame(Object.keys(left('active') as object).includes('active'), false)
  t.strictSame(Object.keys(left('multipleBirthInteger') as object).at(-1), 'contact')
})

t.test('of lists, out of every item, wherever it stands there', async t => {
  t.match(left('contact.telecom'), { contact: [{ name: { text: 'n' } }, {}, { gender: 'male' }] })
  t.match(left('contact.name', 'contact.gender'), {
    contact: [{ telecom: [] }, { telecom: [{ value: '5' }] }, { telecom: [] }],
  })
  t.match(left('contact.name.text'), { contact: [{ name: {} }, {}, {}] })
})

t.test('all of them at once, or none', async t => {
  t.strictSame(
    Object.keys(left(...Object.keys(resource).filter(name => !/^(resourceType|meta|_.*)$/.test(name))) as object),
    ['meta'],
  )
  const { open, pieces } = cut(rest, treeOf(['photo']))
  t.equal(open, rest)
  t.strictSame(parsePieces(printPieces(pieces)), [])
})

t.test('a draft of nothing has nothing to take out', async t => {
  const { rest } = draft({ resourceType: 'Patient' }, 'p')
  t.strictSame(cut(rest, treeOf(['identifier'])), { open: '}}', pieces: [] })
})
