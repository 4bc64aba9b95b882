import type { Operation } from '../../../src/operations/kernel/operation.ts'
import { operating } from '../operating.ts'

let runs = 0

/** Tells how often it ran before. */
const count: Operation = {
  definition: {
    url: 'http://kiln.test/count',
    name: 'Count',
    code: 'count',
    resource: ['CodeSystem'],
    system: false,
    type: true,
    instance: true,
    parameter: [{ name: 'code', use: 'in', min: 0, max: '1', type: 'code' }],
  },
  unknown: 'ignore',
  affectsState: false,
  scope: 'r',
  cost: 1,
  lasting: query => !query.has('context'),
  run: async () => ({ resourceType: 'Parameters', parameter: [{ name: 'runs', valueInteger: ++runs }] }),
}

const animals = {
  resourceType: 'CodeSystem',
  id: 'a',
  url: 'http://t/animals',
  status: 'active',
  content: 'complete',
  concept: [{ code: 'cat', display: 'Cat', designation: [{ language: 'de', value: 'Katze' }] }],
}

await operating(
  async (t, open) => {
    await t.test('who asks the same gets the same, until a code system changes', async t => {
      const world = await open()
      const ask = async (path: string, headers = {}) =>
        (await world.ask('GET', path, undefined, headers)).body.parameter[0].valueInteger
      const once = await ask('CodeSystem/$count?code=a')
      const first = await ask('CodeSystem/$count?code=a')
      t.not(first, once, 'what was asked once is not kept yet')
      t.equal(await ask('CodeSystem/$count?code=a'), first)
      t.not(await ask('CodeSystem/$count?code=b'), first, 'another question')
      t.not(await ask('CodeSystem/$count?code=a', { 'accept-language': 'de' }), first, 'in another language')
      t.not(await ask('CodeSystem/$count?code=a', { 'x-tenant': 'other' }), first, 'in another tenant')
      t.equal(await ask('CodeSystem/$count?code=a'), first)
      await world.ask('PUT', 'CodeSystem/a', animals)
      t.not(await ask('CodeSystem/$count?code=a'), first)
    })

    await t.test('what may differ is asked each time', async t => {
      const world = await open()
      await world.ask('PUT', 'CodeSystem/a', animals)
      const again = async (method: 'GET' | 'POST', path: string) => {
        const body = method === 'POST' ? { resourceType: 'Parameters' } : undefined
        const answers = [await world.ask(method, path, body), await world.ask(method, path, body)]
        answers.push(await world.ask(method, path, body))
        return new Set(answers.map(({ json }) => json)).size < answers.length
      }
      t.equal(await again('POST', 'CodeSystem/$count'), false, 'a body')
      t.equal(await again('GET', 'CodeSystem/a/$count'), false, 'an instance, which not all may see')
      t.equal(await again('GET', 'CodeSystem/$count?context=x'), false, 'what the operation excepts')
      t.equal(await again('GET', 'CodeSystem/$count?code=x'), true, 'but for what is kept')
    })

    await t.test('questions about codes', async t => {
      const world = await open()
      const code = 'code=cat&system=http://t/animals'
      const display = async (headers = {}) => {
        await world.ask('GET', `CodeSystem/$lookup?${code}`, undefined, headers) // an answer is kept from the second time on
        await world.ask('GET', `CodeSystem/$lookup?${code}`, undefined, headers)
        const { status, body } = await world.ask('GET', `CodeSystem/$lookup?${code}`, undefined, headers)
        return status === 200
          ? body.parameter.find(({ name }: { name: string }) => name === 'display').valueString
          : status
      }
      t.equal(await display(), 404, 'a refusal')
      await world.ask('PUT', 'CodeSystem/a', animals)
      t.equal(await display(), 'Cat', 'is not kept')
      t.equal(await display({ 'accept-language': 'de' }), 'Katze')
      await world.ask('PUT', 'CodeSystem/a', { ...animals, concept: [{ code: 'cat', display: 'Feline' }] })
      t.equal(await display(), 'Feline')
      await world.ask('DELETE', 'CodeSystem/a')
      t.equal(await display(), 404)
    })
  },
  [count],
)
