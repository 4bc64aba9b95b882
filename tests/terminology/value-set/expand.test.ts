import t from 'tap'
import type { JsonObject } from '../../../src/fhir/resource.ts'
import { parseCanonical } from '../../../src/terminology/canonical.ts'
import { objectOf, objectsOf, textOf } from '../../../src/terminology/element.ts'
import { unknownValueSet } from '../../../src/terminology/value-set/compile.ts'
import { expand, usualLimit } from '../../../src/terminology/value-set/expand.ts'
import type { ExpandRequest } from '../../../src/terminology/value-set/expand-request.ts'
import { parseLanguages } from '../../../src/terminology/value-set/language.ts'
import { membershipsOf } from '../../../src/terminology/value-set/membership.ts'
import { type Terminology, terminologyOf } from '../../../src/terminology/value-set/terminology.ts'
import { refusal } from '../../../src/terminology/value-set/tx-issue.ts'
import { versionRules } from '../../../src/terminology/value-set/version-rules.ts'
import { codesIn, parametersIn, runCases } from '../cases.ts'

type Asked = Partial<Omit<ExpandRequest, 'languages'>> & {
  readonly valueSet: string | JsonObject
  readonly displayLanguage?: string
  readonly rules?: Parameters<typeof versionRules>[0]
  readonly useSupplement?: readonly string[]
  readonly limit?: number
}

function ask(given: JsonObject, terminology: Terminology): JsonObject {
  const {
    valueSet,
    displayLanguage,
    rules,
    useSupplement = [],
    limit = usualLimit,
    ...request
  } = given as unknown as Asked
  const memberships = membershipsOf(terminology)
  const resource = typeof valueSet === 'string' ? memberships.find(parseCanonical(valueSet)) : valueSet
  if (resource === undefined) throw refusal([unknownValueSet(String(valueSet), undefined)])
  const members = memberships.of(resource, { rules: versionRules(rules ?? {}), supplements: useSupplement })
  const languages = displayLanguage === undefined ? [] : parseLanguages(displayLanguage)
  const result = expand(
    members,
    { echo: [], ...request, languages },
    { identifier: 'urn:uuid:1', timestamp: '2026-11-21T12:00:00Z', limit },
  )
  const expansion = objectOf(result, 'expansion') ?? {}
  return {
    ...result,
    codes: codesIn(expansion),
    total: expansion['total'] ?? null,
    displays: objectsOf(expansion, 'contains').map(item => textOf(item, 'display') ?? null),
    parameter: parametersIn(objectsOf(expansion, 'parameter')),
  }
}

runCases('expand', ask)

/** Each code below the one before it. */
function chain(length: number): Terminology {
  const concept = Array.from({ length }, (_, at) => ({
    code: `c${at}`,
    property: at === 0 ? [] : [{ code: 'parent', valueCode: `c${at - 1}` }],
  }))
  return terminologyOf([{ resourceType: 'CodeSystem', url: 'http://t/chain', content: 'complete', concept }])
}

t.test('a hierarchy is told by nesting as far as JSON is nested anywhere', async t => {
  const valueSet = { resourceType: 'ValueSet', compose: { include: [{ system: 'http://t/chain' }] } }
  for (const [length, roots] of [
    [24, 1],
    [25, 25],
    [9_000, 9_000],
  ] as const) {
    const { expansion } = ask({ valueSet }, chain(length))
    const found = objectsOf(expansion as JsonObject, 'contains')
    t.equal(found.length, roots, `${length} levels`)
  }
})
