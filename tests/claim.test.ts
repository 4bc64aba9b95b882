/** What the running server says of itself is what was reviewed: conformance/CapabilityStatement.json (`npm run gen`). */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { loadDefinitions } from '../src/conformance/definitions.ts'
import { isError } from '../src/fhir/issue.ts'
import { parseJson } from '../src/fhir/json.ts'
import { compileStructure } from '../src/validation/structure.ts'
import { openKiln } from './http/kiln.ts'

const golden = readFileSync(new URL('../conformance/CapabilityStatement.json', import.meta.url), 'utf8')

t.test('the CapabilityStatement is the golden one, but for the base', async t => {
  const kiln = await openKiln(t, { KILN_AUTH: 'smart' })
  const said = await (await fetch(`${kiln.base}/metadata`)).text()
  t.strictSame(JSON.parse(said.replaceAll(kiln.origin, 'http://127.0.0.1:8080')), JSON.parse(golden))
})

t.test('the golden CapabilityStatement is valid FHIR', async t => {
  const issues = compileStructure(loadDefinitions().shapes)(parseJson(golden))
  t.strictSame(issues.filter(isError), [])
})
