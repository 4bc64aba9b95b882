/** A folder for a library of one test, and releases built into it. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CodeSystemFacts } from '../../../src/terminology/code-system.ts'
import { type Build, begin, type Needs } from '../../../src/terminology/library/build.ts'
import { LibraryFile } from '../../../src/terminology/library/library-file.ts'
import type { Manifest } from '../../../src/terminology/library/manifest.ts'
import { type Release, shelfOf } from '../../../src/terminology/library/placing.ts'
import type { Problem } from '../../../src/terminology/library/row.ts'

export const facts: CodeSystemFacts = {
  url: 'http://example.org/codes',
  version: '1',
  status: 'active',
  experimental: true,
  content: 'complete',
  caseSensitive: true,
  compositional: false,
  versionNeeded: false,
  properties: [],
  filters: [],
}

export function libraryFolder(t: { teardown(end: () => void): unknown }): string {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-library-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

export function needs(problems: Problem[] = []): Needs {
  return { clock: Date.now, random: randomBytes, report: problem => problems.push(problem) }
}

/** Built, and open. */
export function built(
  folder: string,
  tell: (build: Build) => void,
  release: Partial<Release> = {},
): { file: LibraryFile; manifest: Manifest; problems: Problem[] } {
  const problems: Problem[] = []
  const build = begin(folder, { facts, ...release }, needs(problems))
  tell(build)
  const manifest = build.finish()
  return { file: new LibraryFile(join(shelfOf(folder, release.tenant), manifest.file)), manifest, problems }
}
