/** From the files of Release Format 2 to what expression constraints find in them. */
import { join } from 'node:path'
import t from 'tap'
import { FhirError } from '../../../src/fhir/issue.ts'
import { openConstraints } from '../../../src/terminology/ecl/constraints.ts'
import { begin } from '../../../src/terminology/library/build.ts'
import { LibraryFile } from '../../../src/terminology/library/library-file.ts'
import { shelfOf } from '../../../src/terminology/library/placing.ts'
import type { Problem } from '../../../src/terminology/library/row.ts'
import { load, recognize } from '../../../src/terminology/load/load.ts'
import { supplemented } from '../../../src/terminology/resource/supplemented.ts'
import { libraryFolder, needs } from '../library/shelf-folder.ts'
import { filesOf } from './release.ts'
import {
  concepts,
  core,
  descriptions,
  folder,
  fsn,
  gb,
  model,
  preferred,
  primitive,
  refset,
  snapshot,
  synonym,
  us,
  uuid,
} from './rf2-snapshot.ts'

/** With the concepts of the model that constraints name. */
const whole: Readonly<Record<string, string>> = {
  ...snapshot,
  [`${folder}/Terminology/sct2_Concept_Snapshot_INT_20260101.txt`]: concepts(
    ...[core, model, us, gb, fsn, synonym, '723264001', '900000000000527005', '447562003'].map(
      id => `${id} 20020131 1 ${model} ${primitive}`,
    ),
    ...['900000000000534007', '123005', '456007', '447561005', '447637006'].map(
      id => `${id} 20020131 1 ${model} ${primitive}`,
    ),
    `100005 20020131 1 ${core} ${primitive}`,
    `200003 20200131 1 ${core} 900000000000073002`,
    `300008 20210131 0 ${model} ${primitive}`,
  ),
  [`${folder}/Terminology/sct2_Description_Snapshot-sv_INT_20260101.txt`]: descriptions(
    `999999991000124113 20210131 1 ${model} 200003 sv ${synonym} Ödem x`,
  ),
  [`${folder}/Terminology/sct2_Identifier_Snapshot_INT_20260101.txt`]: [
    'alternateIdentifier effectiveTime active moduleId identifierSchemeId referencedComponentId',
    `54486-6 20260101 1 ${core} 30051010000102 200003`,
    `1-8 20260101 0 ${core} 30051010000102 200003`,
    `2-6 20260101 1 ${core} 30051010000102 300008`,
    `NPU01234 20260101 1 ${core} 21003000106 100005`,
  ]
    .map(row => `${row.replaceAll(' ', '\t')}\r\n`)
    .join(''),
  [`${folder}/Refset/Map/der2_iisssccRefset_ExtendedMapSnapshot_INT_20260101.txt`]: refset(
    'mapGroup mapPriority mapRule mapAdvice mapTarget correlationId mapCategoryId',
    `${uuid(1)} 20200131 1 ${core} 447562003 200003 1 1 TRUE ALWAYS_R60 R60 447561005 447637006`,
    `${uuid(2)} 20210131 0 ${model} 447562003 200003 1 1 TRUE ALWAYS_R61 R61 447561005 447637006`,
    `${uuid(3)} 20210131 0 ${core} 447562003 300008 1 1 TRUE ALWAYS_R62 R62 447561005 447637006`,
    `${uuid(4)} 20210131 0 ${core} 447562003 333016 1 1 TRUE ALWAYS_R63 R63 447561005 447637006`,
  ),
  [`${folder}/Refset/Content/der2_Refset_SimpleSnapshot_INT_20260101.txt`]: refset(
    '',
    `${uuid(8)} 20210131 0 ${core} 723264001 100005`,
    `${uuid(9)} 20210131 0 ${core} 723264001 300008`,
    `${uuid(6)} 20200131 1 ${core} 723264001 200003`,
    `${uuid(7)} 20210131 1 ${model} 723264001 100005`,
  ),
}

const cases: readonly (readonly [text: string, codes: string])[] = [
  ['* {{ D dialect = en-us (prefer) }}', '200003'],
  ['* {{ D dialect = en-gb (prefer), term = "edema" }}', ''],
  ['* {{ D dialect = en-gb (prefer), term = "oedema" }}', '200003'],
  ['* {{ D dialect = en-us (accept), term = "swelling" }}', '200003'],
  [`* {{ D dialectId = ${gb} (${preferred}), type = syn }}`, '200003'],
  ['* {{ D dialect = en-us, term = "root" }}', ''],
  ['* {{ D id = 333016 }}', '200003'],
  ['* {{ D id = (111013 999999991000124113) }}', '200003 100005'],
  ['* {{ D id = 666019 }}', ''],
  ['* {{ D id = 666019, active = 0 }}', '200003'],
  ['* {{ D active = 0, term = "gone" }}', '200003'],
  ['* {{ D term = "gone" }}', ''],
  ['100005 {{ D term = "root", type = fsn }}', '100005'],
  [`* {{ D moduleId = ${model} }}`, '200003'],
  [`* {{ D moduleId = ${model}, language = en }}`, ''],
  ['* {{ D effectiveTime > "20200101" }}', '200003'],
  ['* {{ D effectiveTime > "20200101", language = sv, term = "odem" }}', '200003'],
  [`* {{ C moduleId = ${core} }}`, '100005 200003'],
  [`* {{ C moduleId = ${core}, effectiveTime < "20200131" }}`, '100005'],
  [`^ 723264001 {{ M moduleId = ${core} }}`, '200003'],
  ['^ 723264001 {{ M effectiveTime = "20210131" }}', '100005'],
  ['^ [moduleId] 723264001', `${core} ${model}`],
  ['^ [targetComponentId] 900000000000527005', '200003'],
  ['^ [referencedComponentId, targetComponentId] 900000000000527005', '200003 300008'],
  ['^ [*] 447562003', `${core} 200003 447561005 447637006`],
  ['^ 447562003 {{ M mapTarget = "R60", effectiveTime = "20200131" }}', '200003'],
  ['LOINC#54486-6', '200003'],
  ['loinc#54486-6 |Sex|', '200003'],
  ['LOINC#1-8', ''],
  ['LOINC#2-6', ''],
  ['LOINC#2-6 {{ C active = 0 }}', '300008'],
  ['NPU#54486-6', ''],
  ['< "NPU#NPU01234"', '200003'],
  ['^R LOINC#54486-6', '447562003 723264001'],
  ['^ 447562003', '200003'],
  ['^ 447562003 {{ M active = 0 }}', '200003 300008'],
  ['^ 447562003 {{ M active = 0, mapTarget = "R61" }}', '200003'],
  ['^ 447562003 {{ M active = 1, mapTarget = "R61" }}', ''],
  [`^ 447562003 {{ M active = 0, moduleId = ${core} }}`, '300008'],
  ['^ 723264001 {{ M active = 0 }}', '100005 300008'],
  ['^ 723264001 {{ M active = "*" }}', '100005 200003 300008'],
  ['200003 {{ + HISTORY-MIN }}', '200003 300008'],
]

t.test('a release that is loaded answers what constraints ask of it', async t => {
  const release = await recognize(filesOf(whole))
  if (release === undefined) throw new Error('not recognized')
  const folder = libraryFolder(t)
  const left: Problem[] = []
  const build = begin(folder, release, needs(left))
  t.same(await load(release, build), [])
  const file = new LibraryFile(join(shelfOf(folder, undefined), build.finish().file))
  t.same(left, [])
  const other = supplemented(file, [{ resourceType: 'CodeSystem', url: 'http://example.org/more' }])
  const ask = openConstraints()
  for (const system of [file, other]) {
    for (const [text, codes] of cases) {
      const found = [...ask(system, text).concepts].map(concept => system.code(concept))
      t.same(
        found.sort(),
        codes
          .split(' ')
          .filter(code => code !== '')
          .sort(),
        text,
      )
    }
  }
  t.throws(() => ask(file, '^ 723264001 {{ M mapTarget = "x" }}'), FhirError)
  file.close()
})
