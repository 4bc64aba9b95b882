import { isObject } from '../../../src/fhir/resource.ts'
import type { Loose } from '../../world.ts'
import { askCases, openBuiltIn, parametersFor, validationIn, versionsFor } from '../cases.ts'
import { operating } from '../operating.ts'

await operating(async (t, open) => {
  const world = await openBuiltIn(open)
  await askCases(t, world, 'validate', 'ValueSet/$validate-code', ofValueSet, validationIn)
  await t.test('one by one in a batch', async t => {
    const wrapped = (ask: Loose, expect: Loose) => {
      const parameter = expect.status === undefined ? question(ask) : undefined
      return parameter && [{ name: 'validation', resource: { resourceType: 'Parameters', parameter } }]
    }
    await askCases(t, world, 'validate', 'ValueSet/$batch-validate-code', wrapped, ({ parameter: [only] }) =>
      validationIn(only.resource),
    )
  })
})

function ofValueSet(ask: Loose) {
  return ask.valueSet === undefined ? undefined : question(ask)
}

/** What is no question at all, or no Coding, is left out. */
function question({ valueSet, code, coding, codings, versions, ...ask }: Loose) {
  if (codings?.length === 0) return undefined
  const isWithoutSystem = code !== undefined && code.system === undefined && ask.inferSystem !== true
  if (isWithoutSystem || code?.code === '' || (code !== undefined && code.code === undefined)) return undefined
  const isInline = isObject(valueSet)
  return parametersFor({
    url: ['Uri', isInline ? undefined : valueSet],
    valueSet: ['resource', isInline ? { resourceType: 'ValueSet', ...valueSet } : undefined],
    code: ['Code', code?.code],
    system: ['Uri', code?.system],
    systemVersion: ['String', code?.version],
    display: ['String', code?.display],
    coding: ['Coding', coding],
    codeableConcept: ['CodeableConcept', codings && { coding: codings }],
    ...versionsFor(versions),
    inferSystem: ['Boolean', ask.inferSystem],
    activeOnly: ['Boolean', ask.activeOnly],
    abstract: ['Boolean', ask.abstract],
    'lenient-display-validation': ['Boolean', ask.lenientDisplay],
    'valueset-membership-only': ['Boolean', ask.membershipOnly],
    displayLanguage: ['Code', ask.displayLanguage],
    useSupplement: ['Canonical', ask.useSupplement],
  })
}
