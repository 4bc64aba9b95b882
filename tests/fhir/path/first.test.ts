import { spawnSync } from 'node:child_process'
import t from 'tap'

const program = `
  const { evaluate } = await import(${JSON.stringify(new URL('../../../src/fhir/path/evaluate.ts', import.meta.url).href)})
  const limits = { cost: 1000, text: 1000, ms: 30 }
  console.log(evaluate('id', { resourceType: 'Basic', id: 'x' }, limits).join())
`

t.test('loading the engine is not charged to the first evaluation', async t => {
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
  t.equal(stdout, 'x\n', stderr)
})
