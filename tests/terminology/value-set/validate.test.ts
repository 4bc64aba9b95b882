import t from 'tap'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import { parseCanonical } from '../../../src/terminology/canonical.ts'
import { objectOf, objectsOf, textOf } from '../../../src/terminology/element.ts'
import { unknownValueSet } from '../../../src/terminology/value-set/compile.ts'
import { parseLanguages } from '../../../src/terminology/value-set/language.ts'
import { membershipsOf } from '../../../src/terminology/value-set/membership.ts'
import { overlay, type Terminology, terminologyOf } from '../../../src/terminology/value-set/terminology.ts'
import { refusal } from '../../../src/terminology/value-set/tx-issue.ts'
import { isMember, validate, validationParameters } from '../../../src/terminology/value-set/validate.ts'
import type { Coding, Subject, ValidateRequest } from '../../../src/terminology/value-set/validate-request.ts'
import { withVersionsOf } from '../../../src/terminology/value-set/value-versions.ts'
import { noRules, versionRules } from '../../../src/terminology/value-set/version-rules.ts'
import { parametersIn, runCases } from '../cases.ts'

type Asked = Partial<Omit<ValidateRequest, 'languages'>> & {
  readonly valueSet?: string | JsonObject
  readonly code?: Coding
  readonly coding?: Coding
  readonly codings?: readonly Coding[]
  readonly displayLanguage?: string
  readonly versions?: Parameters<typeof versionRules>[0]
  readonly useSupplement?: readonly string[]
}

function subjectOf({ code, coding, codings }: Asked): Subject {
  if (codings !== undefined)
    return { as: 'codeableConcept', concept: { coding: codings as unknown as JsonObject[] }, codings }
  return coding === undefined ? { as: 'code', coding: code ?? {} } : { as: 'coding', coding }
}

function ask(given: JsonObject, terminology: Terminology): JsonObject {
  const asked = given as unknown as Asked
  const {
    valueSet,
    displayLanguage,
    versions,
    useSupplement = [],
    code: _,
    coding: __,
    codings: ___,
    ...request
  } = asked
  const memberships = membershipsOf(terminology)
  const subject = subjectOf(asked)
  const rules = withVersionsOf(subject, versionRules(versions ?? {}), terminology)
  const resource = typeof valueSet === 'string' ? memberships.find(parseCanonical(valueSet)) : valueSet
  if (resource === undefined && valueSet !== undefined) throw refusal([unknownValueSet(String(valueSet), undefined)])
  const members = resource && memberships.of(resource, { rules, supplements: useSupplement })
  const languages = displayLanguage === undefined ? [] : parseLanguages(displayLanguage)
  const validation = validate({
    ...request,
    ...(members === undefined ? {} : { members }),
    terminology,
    rules,
    languages,
    subject,
  })
  const answer = parametersIn(objectsOf(validationParameters(validation), 'parameter'))
  const told = objectsOf(objectOf(answer, 'issues'), 'issue')
  const issues = told.map(issue => {
    const type = textOf(objectsOf(objectOf(issue, 'details'), 'coding')[0], 'code')
    const [at = ''] = (issue['expression'] ?? []) as string[]
    return `${textOf(issue, 'severity')} ${textOf(issue, 'code')} ${type} ${at}`.trim()
  })
  return { ...answer, issues, texts: told.map(issue => textOf(objectOf(issue, 'details'), 'text') ?? '') }
}

runCases('validate', ask)

t.test('a member is told in an instant', async t => {
  const concept = Array.from({ length: 50_000 }, (_, index) => ({ code: `c${index}`, display: `Number ${index}` }))
  const resources = [
    {
      resourceType: 'CodeSystem',
      url: 'http://t/big',
      status: 'active',
      content: 'complete',
      caseSensitive: true,
      concept,
    },
    {
      resourceType: 'ValueSet',
      url: 'http://t/vs/big',
      status: 'active',
      compose: { include: [{ system: 'http://t/big', concept }] },
    },
  ]
  const terminology = terminologyOf(resources)
  const memberships = membershipsOf(terminology)
  const question = { rules: noRules, supplements: [] }
  const members = memberships.of(memberships.find({ url: 'http://t/vs/big' }) ?? {}, question)
  t.equal(members, memberships.of(memberships.find({ url: 'http://t/vs/big' }) ?? {}, question), 'compiled once')
  t.ok(isMember(members, { system: 'http://t/big', code: 'c49999' }))
  t.notOk(isMember(members, { system: 'http://t/big', code: 'c50000' }))
  t.notOk(isMember(members, { system: 'http://t/small', code: 'c1' }))
  t.notOk(isMember(members, {}))
})

t.test('resources of a request hide those of the server', async t => {
  const server = terminologyOf([
    {
      resourceType: 'CodeSystem',
      url: 'http://t/s',
      status: 'active',
      content: 'complete',
      concept: [{ code: 'server' }],
    },
    {
      resourceType: 'CodeSystem',
      url: 'http://t/other',
      status: 'active',
      content: 'complete',
      concept: [{ code: 'x' }],
    },
  ])
  const request = terminologyOf([
    {
      resourceType: 'CodeSystem',
      url: 'http://t/s',
      status: 'active',
      content: 'complete',
      concept: [{ code: 'request' }],
    },
  ])
  const both = overlay(request, server)
  const system = both.codeSystem('http://t/s')
  t.equal(system?.find('request'), 0)
  t.equal(system?.find('server'), undefined)
  t.equal(both.codeSystem('http://t/other')?.find('x'), 0)
})
