/** The public `fhirclient` script, as apps load it. As a dependency it would bring some 500 MB with it, so npm fetches its archive alone. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const version = '2.6.3'
const integrity = 'CirZixcwWelbkIXxpxlNQx5+ZdJirl6F1s4y4yvA1X7hHAkr9n99aVHaMi0wX+97nATjKQ65X6NB5as/wZoJzg=='
const kept = join(tmpdir(), `kiln-fhirclient-${version}.tgz`)
const script = 'package/build/fhir-client.pure.min.js'

/** Throws if it cannot be had, or is not what it was. */
export async function fhirClientScript(): Promise<string> {
  if (!existsSync(kept)) await fetchArchive()
  const found = createHash('sha512').update(readFileSync(kept)).digest('base64')
  if (found !== integrity) {
    rmSync(kept)
    throw new Error(`fhirclient ${version} is not what it was: its SHA-512 is ${found}`)
  }
  const { stdout } = await run('tar', ['-xzOf', kept, script], { maxBuffer: 10 * 1024 * 1024 })
  return stdout
}

/** Several tests may want it at the same time: what is there is whole. */
async function fetchArchive(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-fhirclient-'))
  try {
    await run('npm', ['pack', `fhirclient@${version}`, '--silent', '--pack-destination', folder])
    renameSync(join(folder, `fhirclient-${version}.tgz`), kept)
  } catch (cause) {
    throw new Error(`npm cannot fetch fhirclient ${version}, with which an app is tested`, { cause })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
