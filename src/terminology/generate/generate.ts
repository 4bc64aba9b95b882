/** Prints the files of `terminology/` that are made from the definitions that HL7 published; with `--check` only says whether they are up to date. */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { countryCodes } from './countries.ts'
import { printFile } from './print.ts'
import { snomedCodes } from './snomed-ct.ts'

const terminology = new URL('../../../terminology/', import.meta.url)

/** By file, how it is printed; the others beside them are written by hand. */
export const made: Readonly<Record<string, () => string>> = {
  'CodeSystem-iso-3166-1.json': () => printFile(countryCodes()),
  'CodeSystem-snomed-ct.json': () => printFile(snomedCodes()),
}

function renew(name: string, printed: string): void {
  const path = fileURLToPath(new URL(name, terminology))
  if (!process.argv.includes('--check')) {
    writeFileSync(path, printed)
    console.log(`${path}: ${Math.round(printed.length / 1024)} KiB`)
  } else if (readFileSync(path, { encoding: 'utf8', flag: 'a+' }) !== printed) {
    console.error(`${path} is not what the definitions give; run: npm run gen`)
    process.exitCode = 1
  }
}

if (import.meta.main) {
  for (const [name, print] of Object.entries(made)) renew(name, print())
}
