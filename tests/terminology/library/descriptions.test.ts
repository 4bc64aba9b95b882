/** Descriptions and origins of members come back from a file as they were told. */

import t, { type Test } from 'tap'
import type { DescriptionKind, Memberships } from '../../../src/terminology/code-system.ts'
import type { LibraryFile } from '../../../src/terminology/library/library-file.ts'
import type { DesignationRow, MemberRow } from '../../../src/terminology/library/row.ts'
import { checkDisplay } from '../../../src/terminology/value-set/check-display.ts'
import { formerTerms, wordsFor } from '../../../src/terminology/value-set/language.ts'
import { fc } from '../../property.ts'
import { built, libraryFolder } from './shelf-folder.ts'

const codes = Array.from({ length: 12 }, (_, n) => `c${n}`)
const code = fc.constantFrom(...codes)
const time = fc.constantFrom('20020131', '20260101')
const kinds: readonly DescriptionKind[] = [
  { active: true, type: 'fsn', language: 'en', moduleId: 'm', dialects: [] },
  { active: true, type: 'synonym', language: 'en', moduleId: 'm', dialects: [{ refset: 'us', acceptability: 'a' }] },
  { active: false, type: 'synonym', language: 'sv', moduleId: 'n', dialects: [] },
]
/** As short as ids are, and as long as those of extensions. */
const id = fc.oneof(
  fc.integer({ min: 100_000, max: 100_040 }).map(String),
  fc.constantFrom('1000000000', '999999999', '1000000010', '999999991000124113', '100000000000000019'),
)
const told: fc.Arbitrary<readonly DesignationRow[]> = fc.array(
  fc
    .record({ code: fc.oneof({ weight: 20, arbitrary: code }, fc.constant('nowhere')), value: fc.string() })
    .chain(row =>
      fc
        .option(fc.record({ id, effectiveTime: time, kind: fc.constantFrom(...kinds) }), { nil: undefined })
        .map(description => ({ ...row, ...(description && { description }) })),
    ),
  { maxLength: 60, size: 'max' },
)
const members: fc.Arbitrary<readonly MemberRow[]> = fc.array(
  fc.record(
    {
      refset: fc.constantFrom('c1', 'c2'),
      member: code,
      inactive: fc.boolean(),
      fields: fc.record({ map: fc.string() }),
      origin: fc.record({ moduleId: fc.constantFrom('m', 'n'), effectiveTime: time }),
    },
    { requiredKeys: ['refset', 'member'] },
  ),
  { maxLength: 30, size: 'max' },
)

const codesOf = (file: LibraryFile, concepts: Iterable<number>): string[] => Array.from(concepts, n => file.code(n))
const inOrder = (some: Iterable<string>): string[] => codes.filter(code => new Set(some).has(code))

t.test('descriptions are told as they were, and found by kind and id', async t => {
  const folder = libraryFolder(t)
  fc.assert(
    fc.property(told, rows => {
      const { file } = built(folder, build => {
        build.designations(rows)
        build.concepts(codes.map(code => ({ code })))
      })
      const all = rows.flatMap(({ code, value, description }) =>
        description ? [{ code, term: value, ...description }] : [],
      )
      t.equal(file.descriptions === undefined, all.length === 0)
      for (const [n, code] of codes.entries()) {
        const own = all.filter(one => one.code === code)
        t.same(
          file.descriptions?.of(n) ?? [],
          own.map(({ term, id, effectiveTime, kind }) => ({ ...kind, term, id, effectiveTime })),
        )
        const inUse = rows.filter(one => one.code === code && one.description?.kind.active !== false)
        t.same(
          file.designations(n).map(({ value }) => value),
          inUse.map(({ value }) => value),
        )
      }
      for (const [n, kind] of file.descriptions?.kinds.entries() ?? []) {
        const those = all.filter(one => JSON.stringify(one.kind) === JSON.stringify(kind))
        t.same(codesOf(file, file.descriptions?.having(n) ?? []), inOrder(those.map(({ code }) => code)))
      }
      for (const { id, code } of all) {
        const found = codesOf(file, file.descriptions?.identified(id) ?? [])
        t.ok(code === 'nowhere' || found.includes(code), `${id} leads to ${code}`)
      }
      t.same(codesOf(file, file.descriptions?.identified('888888') ?? []), [])
      file.close()
    }),
    { numRuns: 60 },
  )
})

/** The file has these rows, and no others. */
function same(t: Test, file: LibraryFile, held: Memberships, rows: readonly MemberRow[]): void {
  t.same(codesOf(file, held.refsets()), inOrder(rows.map(({ refset }) => refset)))
  for (const refset of ['c1', 'c2', 'c3']) {
    const n = file.find(refset) ?? -1
    const own = rows.filter(one => one.refset === refset)
    t.same(codesOf(file, held.members(n)), inOrder(own.map(({ member }) => member)))
    const of = (member: string): readonly MemberRow[] => own.filter(one => one.member === member)
    for (const member of codes) {
      const fields = of(member).flatMap(({ fields }) => (fields ? [fields] : []))
      t.same(held.fields?.(n, file.find(member) ?? -1), fields)
    }
    const found = (held.origins?.(n) ?? []).flatMap(({ members, row, ...origin }) =>
      codesOf(file, members).map(member => `${member} ${row} ${JSON.stringify(origin)}`),
    )
    const expected = codes.flatMap(member =>
      of(member).flatMap(({ origin }, row) => (origin ? [`${member} ${row} ${JSON.stringify(origin)}`] : [])),
    )
    t.same(found.sort(), expected.sort())
  }
}

t.test('of each row of a member, in use or taken back, it is known where it comes from', async t => {
  const folder = libraryFolder(t)
  fc.assert(
    fc.property(members, rows => {
      const { file } = built(folder, build => {
        build.concepts(codes.map(code => ({ code })))
        build.members(rows)
      })
      const told = rows.some(({ origin }) => origin)
      t.equal(file.origins === undefined, !told)
      t.equal(file.lapsed === undefined, !told)
      const inUse = rows.filter(({ inactive }) => inactive !== true)
      same(t, file, file, inUse)
      if (file.lapsed) {
        same(
          t,
          file,
          file.lapsed,
          rows.filter(({ inactive }) => inactive === true),
        )
      }
      t.equal(file.about.counts.members, inUse.length)
      file.close()
    }),
    { numRuns: 60 },
  )
})

t.test('a description that was taken back is told to be one', async t => {
  const { file } = built(libraryFolder(t), build => {
    const description = (value: string, active: boolean): DesignationRow => ({
      ...{ code: '100005', value, language: 'en' },
      description: { id: '100010', effectiveTime: '20260101', kind: { active, type: 'synonym', language: 'en' } },
    })
    build.designations([description('Oak, NOS', false), description('Oak tree', true)])
    build.concepts([{ code: '100005', display: 'Oak' }])
  })
  const words = wordsFor(file, 0)
  const given = { name: 'http://t/trees#100005', code: '100005', words, languages: [], lenient: false, at: 'display' }
  const found = (display: string, lenient = false) =>
    checkDisplay({ ...given, display, lenient, former: () => formerTerms(file, 0) })
  t.equal(found('oak TREE'), undefined)
  t.match(found('Oak, NOS', true), { severity: 'warning', type: 'display-comment' })
  t.match(found('Oak, NOS'), {
    severity: 'error',
    type: 'display-comment',
    id: 'INACTIVE_DISPLAY_FOUND',
    diagnostics: `'Oak, NOS' is no longer considered a correct display for code '100005' (status = inactive). The correct display is one of Oak,"Oak tree".`,
  })
  t.match(found('Elm'), { severity: 'error', type: 'invalid-display' })
  t.match(checkDisplay({ ...given, display: 'Oak, NOS', former: () => [] }), { severity: 'error' })
})
