/** Release Format 2, of invented concepts. */
import t from 'tap'
import type { DesignationRow, Use } from '../../../src/terminology/library/row.ts'
import { recognize } from '../../../src/terminology/load/load.ts'
import { rf2File } from '../../../src/terminology/load/rf2-file.ts'
import type { SourceFile } from '../../../src/terminology/load/source.ts'
import { fileOf, filesOf, loaded } from './release.ts'
import {
  acceptable,
  concepts,
  core,
  defined,
  descriptions,
  folder,
  fsn,
  gb,
  inferred,
  isA,
  model,
  preferred,
  primitive,
  refset,
  relationships,
  snapshot,
  synonym,
  us,
  uuid,
} from './rf2-snapshot.ts'

t.test('a snapshot is read into rows', async t => {
  const files = filesOf(snapshot)
  const { release, rows, problems, progress } = await loaded(files)
  t.same(problems, [])
  t.match(release.facts, {
    url: 'http://snomed.info/sct',
    version: `http://snomed.info/sct/${core}/version/20260101`,
    content: 'complete',
  })
  t.equal(release.edition, `http://snomed.info/sct/${core}`)
  t.equal(progress, release.bytes)
  t.same(rows.concepts, [
    { code: '100005', display: 'Root (thing)' },
    { code: '200003', display: 'Edema' },
    { code: '300008', display: 'Old', inactive: true },
  ])
  const designations = (rows.designations as (DesignationRow & { use: Use })[]).filter(({ code }) => code === '200003')
  const finding = designations
    .filter(({ description }) => description?.kind.active !== false)
    .map(({ language, value, use }) => [language, use.code, value])
  t.same(finding, [
    ['en', fsn, 'Swelling (finding)'],
    ['en-US', synonym, 'Edema'],
    ['en-GB', synonym, 'Oedema'],
    ['en-GB', 'preferredForLanguage', 'Oedema'],
    ['en', synonym, 'Swelling'],
    ['en', '900000000000550004', 'Fluid "in" tissue.'],
  ])
  const kind = (more: object) => ({
    active: true,
    type: synonym,
    language: 'en',
    moduleId: core,
    dialects: [],
    ...more,
  })
  const said = (refset: string, acceptability: string) => ({ refset, acceptability })
  t.same(
    designations.map(({ description }) => description),
    [
      { id: '222015', kind: kind({ type: fsn }) },
      { id: '333016', kind: kind({ dialects: [said(us, preferred)] }) },
      { id: '444017', kind: kind({ dialects: [said(gb, preferred)] }) },
      undefined,
      { id: '555018', kind: kind({ dialects: [said(us, acceptable), said(gb, acceptable)] }) },
      { id: '666019', kind: kind({ active: false }) },
      { id: '888012', kind: kind({ type: '900000000000550004' }) },
    ].map(each => each && { effectiveTime: '20020131', ...each }),
  )
  t.same(rows.edges, [{ child: '200003', parent: '100005' }])
  t.same(rows.relations, [
    { source: '200003', group: 2, type: '123005', value: { code: '300008' } },
    { source: '200003', group: 1, type: '456007', value: '#7.5' },
    { source: '200003', group: 1, type: '456007', value: '"two words"' },
  ])
  const origin = { moduleId: core, effectiveTime: '20200131' }
  t.same(rows.members, [
    { refset: '723264001', member: '200003', origin },
    { refset: '723264001', member: '100005', origin, inactive: true },
    { refset: '900000000000527005', member: '300008', fields: { targetComponentId: '200003' }, origin },
    {
      refset: '447562003',
      member: '200003',
      origin,
      fields: {
        mapGroup: '1',
        mapPriority: '1',
        mapRule: 'TRUE',
        mapAdvice: 'ALWAYS R60',
        mapTarget: 'R60',
        correlationId: '447561005',
        mapCategoryId: '447637006',
      },
    },
    {
      refset: '900000000000534007',
      member: model,
      fields: { sourceEffectiveTime: '20260101', targetEffectiveTime: '20260101' },
      origin: { ...origin, effectiveTime: '20260101' },
    },
  ])
  t.same(
    rows.properties.filter(row => (row as { property: string }).property === 'inactive'),
    [{ code: '300008', property: 'inactive', value: true }],
  )
  t.same(
    (rows.properties as { code: string }[]).filter(({ code }) => code === '200003'),
    [
      { code: '200003', property: 'sufficientlyDefined', value: true },
      { code: '200003', property: 'moduleId', value: core },
      { code: '200003', property: 'effectiveTime', value: '20200131' },
    ],
  )
})

t.test('rows carry their file and line', async t => {
  const { rows } = await loaded(filesOf(snapshot), {}, true)
  t.match(rows.concepts[2], { code: '300008', at: 'sct2_Concept_Snapshot_INT_20260101.txt:4' })
  t.match(rows.edges[0], { at: 'sct2_Relationship_Snapshot_INT_20260101.txt:2' })
})

t.test('of full files, the latest state of each component counts', async t => {
  const { rows, problems, release } = await loaded(
    filesOf({
      'sct2_Concept_Full_INT_20260101.txt': concepts(
        `100005 20020131 1 ${core} ${primitive}`,
        `200003 20260101 0 ${core} ${defined}`,
        `200003 20020131 1 ${core} ${primitive}`,
      ),
      'sct2_Description_Full-en_INT_20260101.txt': descriptions(
        `111013 20020131 1 ${core} 100005 en ${synonym} Before x`,
        `111013 20100131 1 ${core} 100005 en ${synonym} After x`,
        `222015 20020131 1 ${core} 100005 en ${synonym} Taken_back x`,
        `222015 20100131 0 ${core} 100005 en ${synonym} Taken_back x`,
      ),
      'sct2_Relationship_Full_INT_20260101.txt': relationships(
        `111021 20020131 1 ${core} 200003 100005 0 ${isA} ${inferred} m`,
        `111021 20260101 0 ${core} 200003 100005 0 ${isA} ${inferred} m`,
      ),
    }),
  )
  t.same(problems, [])
  t.equal(release.edition, `http://snomed.info/sct/${core}`)
  t.same(rows.concepts, [
    { code: '100005', display: 'After' },
    { code: '200003', inactive: true },
  ])
  t.same(
    (rows.designations as DesignationRow[]).map(({ value, description }) => [value, description?.kind.active]),
    [
      ['After', true],
      ['Taken back', false],
    ],
  )
  t.same(rows.edges, [])
})

t.test('an extension comes with the edition that it extends', async t => {
  const module = '731000124108'
  const national = {
    ...snapshot,
    'US/sct2_Concept_Snapshot_US1000124_20260301.txt': concepts(
      `200003 20260301 0 ${module} ${defined}`,
      `999000124105 20260301 1 ${module} ${defined}`,
    ),
    'US/sct2_Description_Snapshot-en_US1000124_20260301.txt': descriptions(
      `999000124113 20260301 1 ${module} 999000124105 en ${synonym} National x`,
    ),
    'US/sct2_Relationship_Snapshot_US1000124_20260301.txt': relationships(
      `999000124121 20260301 1 ${module} 999000124105 100005 0 ${isA} ${inferred} m`,
    ),
    'US/der2_ssRefset_ModuleDependencySnapshot_US1000124_20260301.txt': refset(
      'sourceEffectiveTime targetEffectiveTime',
      `${uuid(5)} 20260301 1 ${module} 900000000000534007 ${core} 20260301 20260101`,
    ),
  }
  const { release, rows, problems } = await loaded(filesOf(national))
  t.same(problems, [])
  t.equal(release.facts.version, `http://snomed.info/sct/${module}/version/20260301`)
  t.same(
    (rows.concepts as { code: string; inactive?: boolean }[]).map(({ code, inactive }) => [code, inactive ?? false]),
    [
      ['100005', false],
      ['300008', true],
      ['200003', true],
      ['999000124105', false],
    ],
  )
  t.equal(rows.edges.length, 2)
})

const wrong = (name: string, text: string): readonly SourceFile[] =>
  filesOf({ ...snapshot, [Object.keys(snapshot).find(path => path.includes(name)) ?? '']: text })

t.test('what other schemes call a concept is a property of it, in its latest state', async t => {
  const identifiers = (header: string, ...lines: readonly string[]): string =>
    [header, ...lines].map(line => `${line.replaceAll(' ', '\t')}\n`).join('')
  const now = 'alternateIdentifier effectiveTime active moduleId identifierSchemeId referencedComponentId'
  const before = 'identifierSchemeId alternateIdentifier effectiveTime active moduleId referencedComponentId'
  const loinc = '30051010000102'
  const path = (module: string): string => `${folder}/Terminology/sct2_Identifier_Snapshot_${module}_20260101.txt`
  const { release, rows, problems } = await loaded(
    filesOf({
      ...snapshot,
      [path('INT')]: identifiers(
        now,
        `1-8 20250101 1 ${core} ${loinc} 100005`,
        `2-6 20250101 1 ${core} ${loinc} 200003`,
        `2-6 20250101 1 ${core} 705114005 200003`,
        `3-4 20250101 0 ${core} ${loinc} 200003`,
        `4-2 20250101 1 ${core} ${loinc} 333016`,
        `5-9 20250101 2 ${core} ${loinc} 200003`,
        `6-7 2025 1 ${core} ${loinc} 200003`,
        `7-5 20250101 1 ${core} LOINC 200003`,
        ` 20250101 1 ${core} ${loinc} 200003`,
      ),
      [path('XX1000001')]: identifiers(
        before,
        `${loinc} 1-8 20260101 1 ${core} 200003`,
        `${loinc} 2-6 20240101 0 ${core} 200003`,
      ),
    }),
  )
  t.same(
    rows.properties.filter(row => (row as { property: string }).property === 'alternateIdentifier'),
    [
      { code: '200003', property: 'alternateIdentifier', value: 'LOINC#1-8' },
      { code: '200003', property: 'alternateIdentifier', value: 'LOINC#2-6' },
      { code: '200003', property: 'alternateIdentifier', value: '705114005#2-6' },
    ],
  )
  t.ok(release.facts.properties.some(({ code }) => code === 'alternateIdentifier'))
  const file = 'sct2_Identifier_Snapshot_INT_20260101.txt'
  t.same(problems, [
    `${file} line 7: active is '2'; expected 1 or 0`,
    `${file} line 8: effectiveTime is '2025'; expected a day such as 20260131`,
    `${file} line 9: identifierSchemeId is 'LOINC'; expected the id of a concept`,
    `${file} line 10: alternateIdentifier is empty`,
  ])
})

t.test('a description of a type that nobody knows has it as its use, whatever its name', async t => {
  const name = `${folder}/Terminology/sct2_TextDefinition_Snapshot-en_INT_20260101.txt`
  const text = descriptions(`888012 20020131 1 ${core} 200003 en constructor Odd x`)
  const { rows } = await loaded(filesOf({ ...snapshot, [name]: text }))
  const odd = (rows.designations as DesignationRow[]).find(({ value }) => value === 'Odd')
  t.match(odd?.use, { code: 'constructor' })
})

t.test('what is wrong is told by file and line', async t => {
  const bad: readonly (readonly [name: string, text: string, problems: readonly string[]])[] = [
    [
      'sct2_Relationship_',
      relationships(`111021 20020131 1 ${core} 200003 100005 0 ${isA} ${inferred}`),
      ['sct2_Relationship_Snapshot_INT_20260101.txt line 2: expected 10 tab-separated columns, found 9'],
    ],
    [
      'sct2_Concept_Snapshot',
      concepts(
        `100005 20020131 2 ${core} ${primitive}`,
        `100005 2002 1 ${core} ${primitive}`,
        `abc 20020131 1 ${core} ${primitive}`,
      ),
      [
        "sct2_Concept_Snapshot_INT_20260101.txt line 2: active is '2'; expected 1 or 0",
        "sct2_Concept_Snapshot_INT_20260101.txt line 3: effectiveTime is '2002'; expected a day such as 20260131",
        "sct2_Concept_Snapshot_INT_20260101.txt line 4: id is 'abc'; expected 6 to 18 digits, or a UUID",
      ],
    ],
    [
      'sct2_Concept_Snapshot',
      '',
      ['sct2_Concept_Snapshot_INT_20260101.txt: the file is empty; expected a line with the names of columns'],
    ],
    [
      'sct2_Concept_Snapshot',
      snapshot[`${folder}/Terminology/sct2_Relationship_Snapshot_INT_20260101.txt`] ?? '',
      [
        "sct2_Concept_Snapshot_INT_20260101.txt line 1: expected the columns id, effectiveTime, active, moduleId, definitionStatusId; found 'id, effectiveTime, active, moduleId, sou…'",
      ],
    ],
    [
      'sct2_Description_',
      `${descriptions()}111013\t20020131\t1\t${core}\t1000`,
      ['sct2_Description_Snapshot-en_INT_20260101.txt line 2: expected 9 tab-separated columns, found 5'],
    ],
  ]
  for (const [name, text, expected] of bad) t.same((await loaded(wrong(name, text))).problems, expected, name)
  const { 'SnomedCT_Test/Snapshot/Terminology/sct2_Relationship_Snapshot_INT_20260101.txt': _, ...less } = snapshot
  t.same((await loaded(filesOf(less))).problems, ['sct2_Relationship_Snapshot_….txt: is not among the files'])
})

t.test('a hundred problems are enough', async t => {
  const many = Array.from({ length: 500 }, () => 'x y')
  const { problems, rows } = await loaded(wrong('sct2_Relationship_', relationships(...many)))
  t.equal(problems.length, 100)
  t.equal(rows.concepts.length, 0)
})

t.test('bytes that are no text, and other files, are told apart', async t => {
  const path = 'sct2_Concept_Snapshot_INT_20260101.txt'
  const { [`${folder}/Terminology/${path}`]: _, ...rest } = snapshot
  const text = Buffer.concat([
    Buffer.from(concepts(`100005 20020131 1 ${core} ${primitive}`)),
    Buffer.from([0xff, 0x0a]),
  ])
  t.same((await loaded([...filesOf(rest), fileOf(path, text, 1_000)])).problems, [
    `${path} line 3: the bytes are not UTF-8 text`,
  ])
  t.equal(await recognize(filesOf({ 'readme.txt': 'x', 'sct2_Concept.txt': 'y' })), undefined)
  t.equal(await recognize([]), undefined)
})

t.test('files are known by their names, whatever edition they are of', async t => {
  for (const [name, kind, view] of [
    ['sct2_Concept_Snapshot_INT_20260101.txt', 'Concept', 'Snapshot'],
    ['xsct2_Concept_Full_INT_20260101.txt', 'Concept', 'Full'],
    ['sct2_Concept_UKEDSnapshot_GB_20260101.txt', 'Concept', 'Snapshot'],
    ['sct2_Description_SpanishExtensionSnapshot-es_INT_20260101.txt', 'Description', 'Snapshot'],
    ['sct2_Description_Delta-sv_SE1000052_20260101.txt', 'Description', 'Delta'],
    ['sct2_TextDefinition_Snapshot-en_US1000124_20260101.txt', 'TextDefinition', 'Snapshot'],
    ['sct2_RelationshipConcreteValues_Snapshot_INT_20260101.txt', 'RelationshipConcreteValues', 'Snapshot'],
    ['sct2_StatedRelationship_Snapshot_INT_20260101.txt', 'unread', 'Snapshot'],
    ['sct2_Identifier_Snapshot_INT_20260101.txt', 'Identifier', 'Snapshot'],
    ['sct2_sRefset_OWLExpressionSnapshot_INT_20260101.txt', 'unread', 'Snapshot'],
    ['der2_cRefset_LanguageUKEDSnapshot-en_GB_20260101.txt', 'LanguageRefset', 'Snapshot'],
    ['der2_cRefset_LanguageUKCLSnapshot-en_GB1000000_20260101.txt', 'LanguageRefset', 'Snapshot'],
    ['der2_cRefset_LanguageSnapshot-en-AU_AU1000036_20260101.txt', 'LanguageRefset', 'Snapshot'],
    ['der2_cRefset_LanguageSpanishExtensionSnapshot-es-419_INT_20260101.txt', 'LanguageRefset', 'Snapshot'],
    ['sct2_Description_Snapshot-de-ch_CH1000195_20260101.txt', 'Description', 'Snapshot'],
    ['xsct2_Concept_MONOSnapshot_GB_20260101.txt', 'Concept', 'Snapshot'],
    ['der2_iisssciRefset_ExtendedMapUKCLSnapshot_GB1000000_20260101.txt', 'Refset', 'Snapshot'],
    ['der2_ssRefset_ModuleDependencyUKCLFull_GB1000000_20260101.txt', 'ModuleDependency', 'Full'],
    ['der2_Refset_SimpleSnapshot_INT_20260101.txt', 'Refset', 'Snapshot'],
    ['der2_ssRefset_ModuleDependencyFull_INT_20260101.txt', 'ModuleDependency', 'Full'],
    ['der2_sssssssRefset_MRCMDomainSnapshot_INT_20260101.txt', 'Refset', 'Snapshot'],
  ] as const) {
    const found = rf2File(fileOf(`a/b/${name}`, ''))
    t.same([found?.kind, found?.view, found?.date], [kind, view, '20260101'], name)
  }
  for (const name of [
    'sct2_Concept_INT_20260101.txt',
    'Readme.txt',
    'sct2_Concept_Snapshot_INT_20260101.zip',
    'constructor.txt',
  ]) {
    t.equal(rf2File(fileOf(name, '')), undefined, name)
  }
})
