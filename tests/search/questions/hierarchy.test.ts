import t from 'tap'
import type { Resource } from '../../../src/fhir/resource.ts'
import { searchAll } from '../../../src/search/match.ts'
import { parents } from '../../../src/search/questions/hierarchy.ts'
import { ask, definitions, found, noCodes, parameters, resource } from './asking.ts'

/** `Communication.partOf` leads to anything: no strict hierarchy. */
t.test('the hierarchies are references of a type to itself that R4 names so', async t => {
  const named = definitions.shapes.resourceTypes.flatMap((type): [string, string][] => {
    const all = [...parameters.of(type).values()]
    return all
      .filter(({ code, target }) => /^(part-?of|parent)$/.test(code) && target?.includes(type) && target.length < 20)
      .map(({ code }) => [type, code])
  })
  t.strictSame(parents, Object.fromEntries(named))
})

function ward(id: string, parent?: string): Resource {
  return resource('Location', parent === undefined ? {} : { partOf: { reference: `Location/${parent}` } }, id)
}

function stay(id: string, at: string): Resource {
  return resource('Encounter', { location: [{ location: { reference: `Location/${at}` } }] }, id)
}

t.test('as deep as it goes, and over circles', async t => {
  const depth = 100
  const places = Array.from({ length: depth }, (_, n) => ward(`w${n}`, n === 0 ? `w${depth - 1}` : `w${n - 1}`))
  const world = [...places, ward('other'), stay('a', 'w0'), stay('b', 'w99'), stay('c', 'other')].map(it => found(it))
  for (const direction of ['below', 'above']) {
    const where = await ask('Encounter', `location:${direction}`, ['w50'], noCodes, world)
    const { matches } = searchAll(world, {
      type: 'Encounter',
      where,
      sort: [{ by: 'id', descending: false }],
      limit: 9,
    })
    t.strictSame(
      matches.map(({ found }) => found.id),
      ['a', 'b'],
      direction,
    )
  }
})
