/** `npm run gen`: writes the index of `terminology/`; with --check only tells if it is stale. */
import { readFileSync, writeFileSync } from 'node:fs'
import { indexFile, printIndex } from '../src/terminology/shipped.ts'

const file = `terminology/${indexFile}`
const fresh = printIndex()

if (readFileSync(file, { encoding: 'utf8', flag: 'a+' }) === fresh) console.log(`${file} is up to date`)
else if (process.argv.includes('--check')) {
  console.error(`${file} is not what its files give; run \`npm run gen\``)
  process.exitCode = 1
} else {
  writeFileSync(file, fresh)
  console.log(`${file} was written`)
}
