import { readFileSync } from 'node:fs'
import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import type { Issue } from '../../src/fhir/issue.ts'
import { parseJson } from '../../src/fhir/json.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { compileBundleCheck } from '../../src/validation/bundle.ts'
import { compileStructure } from '../../src/validation/structure.ts'

type Expected = Pick<Issue, 'severity' | 'code' | 'expression'> & { readonly text: string }
type Case = { readonly name: string; readonly bundle: Resource; readonly issues: readonly Expected[] }

const { shapes } = loadDefinitions()
const check = compileBundleCheck(shapes)
const wellFormed = compileStructure(shapes)
const file = parseJson(readFileSync(new URL('bundle-cases.json', import.meta.url))) as unknown as {
  readonly cases: readonly Case[]
}

t.test('bundles keep rules beyond their definition', async t => {
  for (const { name, bundle, issues } of file.cases) {
    t.same(wellFormed(bundle), [], `${name}: well-formed`)
    const found = check(bundle)
    t.match(found.map(told), issues.map(told), name)
    t.equal(found.length, issues.length, `${name}: nothing else`)
  }
})

function told(issue: Issue | Expected): object {
  const { severity, code, expression } = issue
  return { severity, code, expression, text: 'text' in issue ? plain(issue.text) : issue.diagnostics }
}

function plain(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
}

t.test('findings are bounded', async t => {
  const entry = Array.from({ length: 150 }, (_, index) => ({
    fullUrl: `x${index}`,
    resource: { resourceType: 'Patient' },
  }))
  const found = check({ resourceType: 'Bundle', type: 'collection', entry })
  t.equal(found.length, 101)
  t.match(found.at(-1), { severity: 'information', diagnostics: /50 further findings/ })
})
