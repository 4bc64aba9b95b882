/** The attributes of SNOMED CT as properties, those of one role group within one. https://hl7.org/fhir/R4/snomedct.html */
import { parseJson } from '../../fhir/json.ts'
import type { Text } from '../../fhir/stretch.ts'
import type { CodeSystem, Relations, Texts } from '../../terminology/code-system.ts'
import type { Concept } from '../../terminology/concept-set.ts'
import { detailsText, type Told } from './details-text.ts'
import type { Wanted } from './wanted.ts'

/** |Role group (attribute)| */
const roleGroup = '609096000'

type Attribute = ReturnType<Relations['attributes']>[number]

export type DisplayOf = (concept: Concept) => Text | undefined

/** "Nested Properties (mainly used for SNOMED CT decomposition, for relationship Groups)". */
export function tellAttributes(
  system: CodeSystem & Relations,
  concept: Concept,
  wanted: Wanted,
  displayOf: DisplayOf,
): void {
  const texts = system.texts ?? system
  const given = system.attributes(concept)
  const wholeGroups = wanted.has(roleGroup)
  const isWanted = ({ type }: Attribute): boolean => wanted.has(system.code(type))
  const tell = (as: 'property' | 'subproperty', { type, value }: Attribute): void =>
    detailsText[as](texts.code(type), told(texts, value), typeof value === 'number' ? displayOf(value) : undefined)
  for (const each of given) {
    if ((each.group === 0 || !wholeGroups) && isWanted(each)) tell('property', each)
  }
  if (!wholeGroups) return
  const groups = Map.groupBy(
    given.filter(each => each.group !== 0),
    ({ group }) => group,
  )
  for (const members of groups.values()) {
    detailsText.group(roleGroup, () => {
      for (const each of members) tell('subproperty', each)
    })
  }
}

/** A literal is written as in RF2: `#7.50`, `"text"`, `true`. */
function told(texts: Texts, target: Attribute['value']): Told {
  if (typeof target === 'number') return { as: 'valueCode', value: texts.code(target) }
  if (target === 'true' || target === 'false') return { as: 'valueBoolean', value: target === 'true' }
  if (/^#-?\d+(\.\d+)?$/.test(target)) return { as: 'valueDecimal', value: parseJson(target.slice(1)) }
  return { as: 'valueString', value: target.replace(/^"(.*)"$/s, '$1') }
}
