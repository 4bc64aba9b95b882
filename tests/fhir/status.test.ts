import t from 'tap'
import { statusLine } from '../../src/fhir/status.ts'

t.test('a status comes with its reason, as far as there is one', async t => {
  t.equal(statusLine(201), '201 Created')
  t.equal(statusLine(422), '422 Unprocessable Entity')
  t.equal(statusLine(299), '299')
})
