/** Definitions that come as files. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { loadDefinitions } from '../../src/conformance/definitions.ts'
import { ownSearchParameters } from '../../src/conformance/own.ts'
import { ownDefinitions } from '../../src/interactions/search/own/files.ts'
import { compileStructure } from '../../src/validation/structure.ts'
import { onBothStores } from '../world.ts'
import { coloured, definition, eyes, indexed } from './own-definitions.ts'
import { names, patient } from './searching.ts'

const definitions = loadDefinitions()
const validate = compileStructure(definitions.shapes)

function read(files: Readonly<Record<string, object | string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-'))
  try {
    mkdirSync(join(folder, 'search-parameters'))
    for (const [name, content] of Object.entries(files)) {
      const text = typeof content === 'string' ? content : JSON.stringify(content)
      writeFileSync(join(folder, 'search-parameters', name), text)
    }
    return ownDefinitions(definitions, validate, ownSearchParameters(pathToFileURL(`${folder}/`)))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

t.test('files are read in the order of their names; what is no JSON is no definition', async t => {
  const found = read({ 'b.json': eyes, 'a.json': definition('a', 'a'), 'README.md': 'x' })
  t.same(
    found.map(({ from }) => from),
    ['search-parameters/a.json', 'search-parameters/b.json'],
  )
  t.same(ownSearchParameters(pathToFileURL(join(tmpdir(), 'never-there/'))), [])
})

t.test('the server does not start with a wrong one, and says all that is wrong', async t => {
  const broken = {
    'a.json': definition('a', 'a', { expression: 'Patient.colour' }),
    'b.json': definition('b', 'b', { status: 'draft' }),
    'c.json': { resourceType: 'Patient' },
    'd.json': definition('d', 'gender'),
    'e.json': definition('e', 'e', { kind: 'x' }),
    'f.json': definition('f', 'eye-colour'),
    'g.json': eyes,
    'h.json': definition('h', 'gender', { url: 'http://hl7.org/fhir/SearchParameter/individual-gender' }),
  }
  const starts = [
    'conformance/search-parameters/b.json: SearchParameter.status: the status is ',
    'conformance/search-parameters/c.json: SearchParameter: expected a SearchParameter',
    'conformance/search-parameters/e.json: SearchParameter.kind: ',
    "conformance/search-parameters/a.json: SearchParameter.expression: 'Patient.colour' names ",
    "conformance/search-parameters/d.json: SearchParameter.code: 'gender' of Patient is defined by FHIR R4 (",
    "conformance/search-parameters/g.json: SearchParameter.code: 'eye-colour' of Patient is defined by http://kiln.test/SearchParameter/f: ",
    'conformance/search-parameters/h.json: SearchParameter.url: ',
  ]
  let message = ''
  try {
    read(broken)
  } catch (error) {
    message = (error as Error).message
  }
  const lines = message.split('\n')
  t.equal(lines.length, starts.length, message)
  for (const [at, start] of starts.entries()) t.ok(lines[at]?.startsWith(start), `${lines[at]}`)
  t.throws(() => read({ 'x.json': '{' }), {
    name: 'BadDefinitions',
    message: /^conformance\/search-parameters\/x.json: /,
  })
})

await onBothStores(async (t, open) => {
  t.test('every tenant has what is in the files, old resources too, and cannot take their codes', async t => {
    const before = await open()
    await patient(before, 'a', 'Shaw', coloured('blue'))
    const after = before.other(read({ 'eyes.json': eyes }))
    const query = 'Patient?eye-colour=blue'
    t.match((await after.ask('GET', query)).json, /is being indexed, 0 %/)
    await indexed(after)
    t.same(names(await after.ask('GET', query)), ['Patient/a'])
    const body = definition('mine', 'eye-colour')
    const there = { 'x-tenant': 'there' }
    const reply = await after.ask('PUT', 'SearchParameter/mine', body, there)
    t.equal(reply.status, 422)
    t.match(reply.body.issue[0], { code: 'business-rule', expression: ['SearchParameter.code'] })
    t.equal((await after.ask('GET', query, undefined, there)).status, 200)
  })
})
