import { objectOf, objectsOf, textOf } from '../../../src/terminology/element.ts'
import { codesIn, parametersIn } from '../../terminology/cases.ts'
import type { Loose } from '../../world.ts'
import { askCases, openBuiltIn, parametersFor, versionsFor } from '../cases.ts'
import { operating } from '../operating.ts'

await operating(async (t, open) => {
  await askCases(t, await openBuiltIn(open), 'expand', 'ValueSet/$expand', question, body => {
    const expansion = objectOf(body, 'expansion') ?? {}
    return {
      ...body,
      codes: codesIn(expansion),
      total: expansion['total'] ?? null,
      displays: objectsOf(expansion, 'contains').map(item => textOf(item, 'display') ?? null),
      parameter: parametersIn(objectsOf(expansion, 'parameter')),
    }
  })
})

/** What is only for those who call it in process, and what is no value of its type, is left out. */
function question({ valueSet, rules, limit, echo, ...ask }: Loose, expect: Loose) {
  if (limit !== undefined || echo !== undefined || expect.expansion?.identifier !== undefined) return undefined
  if (ask.filter === '' || ask.count === 1.5) return undefined
  const isNamed = typeof valueSet === 'string'
  return parametersFor({
    url: ['Uri', isNamed ? valueSet : undefined],
    valueSet: ['resource', isNamed ? undefined : { resourceType: 'ValueSet', ...valueSet }],
    ...versionsFor(rules),
    filter: ['String', ask.filter],
    offset: ['Integer', ask.offset],
    count: ['Integer', ask.count],
    activeOnly: ['Boolean', ask.activeOnly],
    excludeNested: ['Boolean', ask.excludeNested],
    excludeNotForUI: ['Boolean', ask.excludeNotForUI],
    includeDesignations: ['Boolean', ask.includeDesignations],
    designation: ['String', ask.designations],
    includeDefinition: ['Boolean', ask.includeDefinition],
    property: ['String', ask.properties],
    'exclude-system': ['Canonical', ask.excludeSystems],
    displayLanguage: ['Code', ask.displayLanguage],
    useSupplement: ['Canonical', ask.useSupplement],
  })
}
