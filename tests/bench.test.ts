/** Every benchmark still works: each is run at its smallest. What it measures then means nothing and is not looked at. */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { mongoUrl } from './mongo-engine/engine.ts'

const folder = join(import.meta.dirname, '../bench')
const benchmarks = readdirSync(folder).filter(name => name.endsWith('.ts') && !name.endsWith('.d.ts'))
const mongo = await mongoUrl()

t.jobs = 2
t.ok(benchmarks.includes('http.ts'), 'there are benchmarks')
for (const name of benchmarks) {
  t.test(`${name} runs and prints figures`, { skip: name.includes('mongo') && !mongo }, async t => {
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, name), '--quick'])
    t.match(stdout, /\d/, 'it prints figures')
    t.notMatch(stdout, /NaN|Infinity/, 'all of them were measured')
  })
}
