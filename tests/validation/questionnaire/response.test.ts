import { readFileSync } from 'node:fs'
import t from 'tap'
import type { Issue } from '../../../src/fhir/issue.ts'
import { parseJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { Codes } from '../../../src/validation/codes.ts'
import { checkResponse } from '../../../src/validation/questionnaire/response.ts'
import type { Questionnaires } from '../../../src/validation/questionnaires.ts'
import { errors } from '../generate/judge.ts'

type Expected = Pick<Issue, 'severity' | 'code' | 'expression'> & { readonly text: string }
type File = {
  readonly questionnaires: Readonly<Record<string, Resource>>
  readonly valueSets: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
  readonly cases: readonly {
    readonly name: string
    readonly response: Resource
    readonly issues: readonly Expected[]
  }[]
}

const file = parseJson(readFileSync(new URL('cases.json', import.meta.url))) as unknown as File
const codes: Codes = {
  validate({ valueSet, system = '', code }) {
    if (code === 'later') return 'later'
    const known = file.valueSets[valueSet]
    if (known === undefined) return 'unknown value set'
    return known[system]?.includes(code) ? 'in' : 'out'
  },
}
const questionnaires: Questionnaires = {
  find(canonical) {
    if (canonical === 'http://kiln.test/later') return 'later'
    return canonical === 'http://kiln.test/patient' ? { resourceType: 'Patient' } : file.questionnaires[canonical]
  },
}

t.test('responses answer their questionnaires', async t => {
  for (const questionnaire of Object.values(file.questionnaires))
    t.same(errors(questionnaire), [], String(questionnaire['url']))
  for (const { name, response, issues } of file.cases) {
    const found = checkResponse(response, { questionnaires, codes })
    t.match(
      found.map(told),
      issues.map(expected => ({ ...expected, text: plain(expected.text) })),
      name,
    )
    t.equal(found.length, issues.length, `${name}: nothing else`) || t.comment(found)
  }
  t.ok(file.cases.length >= 100)
})

function told({ severity, code, expression, diagnostics }: Issue): object {
  return { severity, code, expression, text: diagnostics }
}

function plain(text: string): RegExp {
  return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
}

t.test('findings name the questionnaire that asks for it', async t => {
  const response: Resource = {
    resourceType: 'QuestionnaireResponse',
    questionnaire: 'http://kiln.test/simple',
    status: 'completed',
  }
  const [issue] = checkResponse(response, { questionnaires, codes }, 'Bundle.entry[3].resource')
  t.match(issue, { source: 'http://kiln.test/simple', expression: 'Bundle.entry[3].resource.item' })
})
