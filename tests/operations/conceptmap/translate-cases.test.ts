import { objectsOf, textOf } from '../../../src/terminology/element.ts'
import { parametersIn } from '../../terminology/cases.ts'
import type { Loose } from '../../world.ts'
import { askCases, openBuiltIn, parametersFor } from '../cases.ts'
import { operating } from '../operating.ts'

await operating(async (t, open) => {
  await askCases(t, await openBuiltIn(open), 'translate', 'ConceptMap/$translate', question, body => {
    const list = objectsOf(body, 'parameter')
    const matches = list.filter(({ name }) => name === 'match').map(match => printMatch(objectsOf(match, 'part')))
    return { ...parametersIn(list), matches }
  })
})

/** Several maps are chosen by what they are for, not by their names. */
function question({ maps, codings, targetSystem, source, target, dependencies = [], reverse }: Loose) {
  const [first, second] = codings
  const isChosen = source !== undefined || target !== undefined
  if (maps.length !== 1 && !isChosen) return undefined
  if (codings.length === 0) return undefined
  const named = parametersFor({
    url: ['Uri', isChosen ? undefined : maps[0]],
    coding: ['Coding', second === undefined ? first : undefined],
    codeableConcept: ['CodeableConcept', second === undefined ? undefined : { coding: codings }],
    source: ['Uri', source],
    target: ['Uri', target],
    targetsystem: ['Uri', targetSystem],
    reverse: ['Boolean', reverse],
  })
  return [...named, ...dependencies.map(dependency)]
}

function dependency({ property, system, value }: Loose) {
  const concept = system === undefined ? { text: value } : { coding: [{ system, code: value }] }
  return {
    name: 'dependency',
    part: [
      { name: 'element', valueUri: property },
      { name: 'concept', valueCodeableConcept: concept },
    ],
  }
}

/** `wider http://t/t|1#x + element=system#code` */
function printMatch(parts: readonly Loose[]): string {
  const { equivalence, concept } = parametersIn(parts) as Loose
  const products = parts
    .filter(part => part.name === 'product')
    .map(part => {
      const product = parametersIn(part.part) as Loose
      return ` + ${product.element}=${printCoding(product.concept)}`
    })
  return `${equivalence}${concept === undefined ? '' : ` ${printCoding(concept)}`}${products.join('')}`
}

function printCoding(coding: Loose): string {
  const version = textOf(coding, 'version')
  return `${textOf(coding, 'system')}${version === undefined ? '' : `|${version}`}#${textOf(coding, 'code')}`
}
