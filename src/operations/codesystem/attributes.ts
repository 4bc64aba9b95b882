/** The attributes of SNOMED CT as properties, those of one role group within one. https://hl7.org/fhir/R4/snomedct.html */
import { parseJson } from '../../fhir/json.ts'
import type { JsonObject } from '../../fhir/resource.ts'
import type { CodeSystem, Relations } from '../../terminology/code-system.ts'
import type { Concept } from '../../terminology/concept-set.ts'
import { property, value } from './property.ts'
import type { Wanted } from './wanted.ts'

/** |Role group (attribute)| */
export const roleGroup = '609096000'

type Attribute = ReturnType<Relations['attributes']>[number]

/** "Nested Properties (mainly used for SNOMED CT decomposition, for relationship Groups)". */
export function attributesOf(
  system: CodeSystem & Relations,
  concept: Concept,
  wanted: Wanted,
  displayOf: (concept: Concept) => string | undefined,
): readonly JsonObject[] {
  const given = system.attributes(concept)
  const wholeGroups = wanted.has(roleGroup)
  const isWanted = ({ type }: Attribute): boolean => wanted.has(system.code(type))
  const single = given.filter(each => (each.group === 0 || !wholeGroups) && isWanted(each))
  const groups = wholeGroups
    ? Map.groupBy(
        given.filter(each => each.group !== 0),
        ({ group }) => group,
      )
    : new Map()
  const meaningOf = ({ value: target }: Attribute): string | undefined =>
    typeof target === 'number' ? displayOf(target) : undefined
  return [
    ...single.map(each => property(system.code(each.type), typed(system, each), meaningOf(each))),
    ...groups.values().map((members: readonly Attribute[]) => ({
      name: 'property',
      part: [
        value('code', 'valueCode', roleGroup),
        ...members.map(each => ({
          ...property(system.code(each.type), typed(system, each), meaningOf(each)),
          name: 'subproperty',
        })),
      ],
    })),
  ]
}

/** A literal is written as in RF2: `#7.50`, `"text"`, `true`. */
function typed(system: CodeSystem, { value: target }: Attribute): JsonObject {
  if (typeof target === 'number') return { valueCode: system.code(target) }
  if (target === 'true' || target === 'false') return { valueBoolean: target === 'true' }
  if (/^#-?\d+(\.\d+)?$/.test(target)) return { valueDecimal: parseJson(target.slice(1)) }
  return { valueString: target.replace(/^"(.*)"$/s, '$1') }
}
