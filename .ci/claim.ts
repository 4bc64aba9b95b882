/** `npm run gen`: writes the golden CapabilityStatement, so that every change of the public claim is seen in review. */
import { readFileSync, writeFileSync } from 'node:fs'
import { claims } from '../src/app.ts'
import { capability } from '../src/conformance/capability.ts'
import { loadDefinitions } from '../src/conformance/definitions.ts'
import type { Resource } from '../src/fhir/resource.ts'

const file = 'conformance/CapabilityStatement.json'
const definitions = loadDefinitions()
const statement = capability(claims('http://127.0.0.1:8080/fhir', definitions), 'full', definitions)
const fresh = inLines(statement)

if (readFileSync(file, { encoding: 'utf8', flag: 'a+' }) === fresh) console.log(`${file} is up to date`)
else if (process.argv.includes('--check')) {
  console.error(`${file} is not what the server claims; look at the difference and run \`npm run gen\``)
  process.exitCode = 1
} else {
  writeFileSync(file, fresh)
  console.log(`${file} was written`)
}

/** One line for each resource type: what changes for all of them is read once. */
function inLines(statement: Resource): string {
  const rows: string[] = []
  const text = JSON.stringify(
    statement,
    (name, value) => {
      if (name !== 'resource') return value
      for (const type of value) rows.push(JSON.stringify(type))
      return ['(rows)']
    },
    2,
  )
  return `${text.replace('"(rows)"', () => rows.join(',\n        '))}\n`
}
