/** Language reference sets of RF2: which dialects prefer a description, and which accept it. */
import { metadata } from '../ecl/metadata.ts'
import type { Load } from './format.ts'
import { type IdTable, idTable, type Lookup } from './id-table.ts'
import { eachLatest, isActive, type Rf2File } from './rf2-file.ts'
import type { TabLine } from './tab-line.ts'

/** By description: the place of one of the few sets of what is said of one. */
export type Acceptance = { readonly of: Lookup; readonly sets: readonly (readonly Accepted[])[] }
export type Accepted = { readonly refset: string; readonly preferred: boolean }

export async function readAcceptance(
  files: readonly Rf2File[],
  load: Pick<Load, 'problems' | 'progress'>,
): Promise<Acceptance & { readonly of: IdTable }> {
  const of = idTable()
  const sets: (readonly Accepted[])[] = [[]]
  /** From each set, where one more word leads. */
  const next: (Accepted & { readonly place: number })[][] = [[]]
  const join = (before: number, line: TabLine): number => {
    const preferred = line.is(6, metadata.preferred)
    const known = next[before]?.find(each => each.preferred === preferred && line.is(4, each.refset))
    if (known !== undefined) return known.place
    const refset = line.text(4)
    const place = sets.push([...(sets[before] ?? []), { refset, preferred }]) - 1
    next.push([])
    next[before]?.push({ refset, preferred, place })
    return place
  }
  await eachLatest(files, load, () => line => {
    if (isActive(line)) of.set(line, 5, (before = 0) => join(before, line))
  })
  return { of, sets }
}
