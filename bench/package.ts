/** A package is installed on the embedded store while readers and writers go on. `node bench/package.ts [--quick]` */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureInstallation } from './drive/install.ts'

const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
try {
  await measureInstallation('package', `sqlite:${folder}`)
} finally {
  rmSync(folder, { recursive: true })
}
