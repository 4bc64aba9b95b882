/** The files of a release → what they are, and their rows. */

import type { Sink } from '../library/row.ts'
import { claml } from './claml.ts'
import { cvx } from './cvx.ts'
import type { Format, Release, Wanted } from './format.ts'
import { hcpcs } from './hcpcs.ts'
import { icd10cm } from './icd-10-cm.ts'
import { loinc } from './loinc.ts'
import { ndc } from './ndc.ts'
import { plainCsv } from './plain-csv.ts'
import { type Problem, problemList, TooManyProblems } from './problems.ts'
import { rf2 } from './rf2.ts'
import { rxnorm } from './rxnorm.ts'
import type { SourceFile } from './source.ts'
import { BadArchive } from './zip.ts'

/** Those that know their files by name come before those that take any. */
const formats: readonly Format[] = [rf2, loinc, rxnorm, icd10cm, claml, ndc, hcpcs, cvx, plainCsv]

/** `undefined`: no distributor's release; nothing was read yet but what tells its version. */
export async function recognize(files: readonly SourceFile[], wanted: Wanted = {}): Promise<Release | undefined> {
  for (const format of formats) {
    const release = await format(files, wanted)
    if (release !== undefined) return release
  }
  return undefined
}

/** What is wrong, up to a hundred; none is for the sink to be finished. */
export async function load(
  release: Release,
  sink: Sink,
  progress: (bytes: number) => void = () => {},
): Promise<readonly Problem[]> {
  const problems = problemList()
  try {
    await release.load({ sink, problems, progress })
  } catch (error) {
    if (error instanceof BadArchive) return [...problems.list, { file: error.file, text: error.message }]
    if (!(error instanceof TooManyProblems)) throw error
  }
  return problems.list
}
