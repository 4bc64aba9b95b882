/** `_display=true`: what codes are called, told with what was stored. */
import { onBothStores } from '../world.ts'
import { put } from './searching.ts'

const system = 'http://example.org/animals'

await onBothStores(async (t, open) => {
  const world = await open()
  const designation = [{ language: 'de', value: 'Hund' }]
  const animals = { url: system, version: '1', status: 'active', content: 'complete' }
  await put(world, 'CodeSystem', 'animals', { ...animals, concept: [{ code: 'dog', display: 'Dog', designation }] })
  const coding = { system, code: 'dog' }
  const stored = {
    status: 'final',
    extension: [{ url: 'http://example.org/kind', valueCodeableConcept: { coding: [coding] } }],
    contained: [{ resourceType: 'Device', id: 'd', type: { coding: [coding] } }],
    device: { reference: '#d' },
    subject: { reference: 'Patient/p' },
    code: {
      coding: [
        coding,
        { ...coding, display: 'My dog' },
        { ...coding, version: '9' },
        { system, code: 'unicorn' },
        { system: 'http://unitsofmeasure.org', code: 'kg' },
        { code: 'dog' },
        { system },
      ],
    },
    valueQuantity: { value: 1, system: 'http://unitsofmeasure.org', code: 'kg' },
  }
  await put(world, 'Patient', 'p', { extension: [{ url: 'http://example.org/pet', valueCoding: coding }] })
  await put(world, 'Observation', 'o', stored)
  const read = async (path: string, headers = {}) => (await world.ask('GET', path, undefined, headers)).body
  const displays = ({ code }: { code: typeof stored.code }) =>
    code.coding.map(each => ('display' in each ? each.display : null))
  const wanted = ['Dog', 'My dog', null, null, 'kg', null, null]

  await t.test('codings wherever they are, if their code is known', async t => {
    const body = await read('Observation/o?_display=true')
    t.same(displays(body), wanted)
    t.equal(body.extension[0].valueCodeableConcept.coding[0].display, 'Dog')
    t.equal(body.contained[0].type.coding[0].display, 'Dog')
    t.same(body.valueQuantity, stored.valueQuantity)
    t.same(displays(await read('Observation/o/_history/1?_display=true')), wanted)
    t.equal(displays(await read('Observation/o?_display=true', { 'accept-language': 'de' }))[0], 'Hund')
    t.equal((await read('Observation/o?_display=true&_elements=code')).code.coding[0].display, 'Dog')
  })

  await t.test('searches tell them of what is included, too', async t => {
    const path = 'Observation?_include=Observation:subject&_display=true'
    const { entry, link } = await read(path, { 'accept-language': 'de' })
    t.equal(displays(entry[0].resource)[0], 'Hund')
    t.equal(entry[1].resource.extension[0].valueCoding.display, 'Hund')
    t.match(link[0].url, /_display=true/, 'and so do the pages that follow')
    t.equal(displays((await read('Observation?_display=true&_elements=code')).entry[0].resource)[0], 'Dog')
  })

  await t.test('nothing of it is stored, and nobody gets it unasked', async t => {
    for (const path of ['Observation/o', 'Observation/o?_display=false', 'Observation/o/_history/1']) {
      t.same((await read(path)).code, stored.code, path)
    }
    for (const path of ['Observation', 'Observation?_display=false']) {
      t.same((await read(path)).entry[0].resource.code, stored.code, path)
    }
  })

  await t.test('other values are refused', async t => {
    for (const path of ['Observation/o?_display=yes', 'Observation/o?_display=', 'Observation?_display=yes']) {
      const { status, body } = await world.ask('GET', path)
      t.equal(status, 400, path)
      t.match(body.issue[0].diagnostics, /_display.*expected/, path)
    }
  })

  await t.test('numbers are as they were sent', async t => {
    const json = JSON.stringify({ resourceType: 'Observation', id: 'n', ...stored }).replace(
      '"value":1,',
      '"value":1.00,',
    )
    await world.ask('PUT', 'Observation/n', json)
    t.match((await world.ask('GET', 'Observation/n?_display=true')).json, '"value":1.00')
  })
})
