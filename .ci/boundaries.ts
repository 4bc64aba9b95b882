/**
 * `npm run boundaries [-- TREE]`: who may import whom. dependency-cruiser passes in silence when its parser cannot read TypeScript,
 * so what it saw is counted against the files that there are.
 */
import { globSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cruise, type IConfiguration } from 'dependency-cruiser'

process.chdir(process.argv[2] ?? '.')
const { options, ...ruleSet }: IConfiguration = createRequire(import.meta.url)('../.dependency-cruiser.cjs')
const { output } = await cruise(['src'], { ...options, ruleSet, validate: true, outputType: 'json' })
const result = JSON.parse(String(output)) as {
  modules: { source: string }[]
  summary: { violations: { rule: { name: string }; from: string; to: string }[] }
}
const seen = result.modules.filter(({ source }) => source.startsWith('src/')).length
const there = globSync('src/**/*.ts').length
for (const { rule, from, to } of result.summary.violations) console.error(`${rule.name}: ${from} → ${to}`)
if (seen < there) console.error(`only ${seen} of ${there} source files were read`)
console.log(`${seen} modules, ${result.summary.violations.length} violations`)
process.exit(seen < there || result.summary.violations.length > 0 ? 1 : 0)
