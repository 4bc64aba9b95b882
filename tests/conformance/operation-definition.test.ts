import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { ownOperation } from '../../src/conformance/operation-definition.ts'
import { ownOperations } from '../../src/conformance/own.ts'
import { compileStructure } from '../../src/validation/structure.ts'

const { shapes, operations } = loadDefinitions()
const check = compileStructure(shapes)

t.test('our own definitions are valid, have addresses of their own, and name types that there are', async t => {
  const own = ownOperations()
  t.ok(own.length > 0)
  for (const file of own) {
    t.strictSame(check(file.content), [], file.name)
    const { url, resource, parameter } = ownOperation(file)
    t.notOk(operations.some(other => other.url === url))
    t.ok(resource.every(type => type === 'Resource' || shapes.resourceTypes.includes(type)))
    t.ok(parameter.every(({ type = 'Resource' }) => type === 'Resource' || shapes.shape(type)))
  }
})

t.test('what is read is what the resource says', async t => {
  const content = {
    resourceType: 'OperationDefinition',
    url: 'http://x',
    name: 'X',
    code: 'x',
    affectsState: true,
    resource: ['Patient'],
    system: false,
    type: true,
    instance: false,
    parameter: [
      { name: 'a', use: 'in', min: 0, max: '*', part: [{ name: 'b', use: 'in', min: 1, max: '1', type: 'code' }] },
    ],
  }
  const { resourceType: _, ...expected } = content
  t.strictSame(ownOperation({ name: 'x.json', content }), expected)
  t.throws(() => ownOperation({ name: 'x.json', content: { resourceType: 'Patient' } }), /x\.json: expected an Op/)
})

t.test('the files of a folder are found in order, and where there is no folder, none', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-own-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const url = pathToFileURL(`${folder}/`)
  t.strictSame(ownOperations(url), [])
  mkdirSync(join(folder, 'operations'))
  for (const name of ['b.json', 'a.json', 'notes.txt']) writeFileSync(join(folder, 'operations', name), '{}')
  t.strictSame(
    ownOperations(url).map(({ name }) => name),
    ['operations/a.json', 'operations/b.json'],
  )
})
