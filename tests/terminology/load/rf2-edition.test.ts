/** Which edition the files are, and which of them are read. */
import t from 'tap'
import { recognize } from '../../../src/terminology/load/load.ts'
import type { SourceFile } from '../../../src/terminology/load/source.ts'
import { filesOf, loaded } from './release.ts'
import { concepts, core, descriptions, primitive, refset, relationships, snapshot, uuid } from './rf2-snapshot.ts'

const dependencies = 'der2_ssRefset_ModuleDependencySnapshot'
const depends = (n: number, time: string, module: string, on: string): string =>
  `${uuid(n)} ${time} 1 ${module} 900000000000534007 ${on} ${time} ${time}`
const dependencyFile = (...rows: readonly string[]): string =>
  refset('sourceEffectiveTime targetEffectiveTime', ...rows)

t.test('an edition is known among the modules that are part of it, and its day among the files', async t => {
  const [german, map, pharmacy] = ['11000274103', '449080006', '999000011000001104']
  const of = async (files: Readonly<Record<string, string>>): Promise<string | undefined> =>
    (await recognize(filesOf({ ...snapshot, ...files })))?.facts.version
  const core26 = { [`x/${dependencies}_INT_20260101.txt`]: dependencyFile(depends(6, '20260101', map, core)) }
  t.equal(await of(core26), `http://snomed.info/sct/${core}/version/20260101`, 'the map to ICD-10 depends on it')
  const germany = dependencyFile(depends(7, '20251115', german, core), depends(8, '20251115', pharmacy, german))
  t.equal(
    await of({ ...core26, [`x/${dependencies}_DE1000274_20251115.txt`]: germany }),
    `http://snomed.info/sct/${german}/version/20251115`,
    'older than what it extends',
  )
  const unknown = '1000003106'
  t.equal(
    await of({
      ...core26,
      [`x/${dependencies}_XX1000003_20251231.txt`]: germany.replaceAll(german, unknown).replaceAll(pharmacy, map),
    }),
    `http://snomed.info/sct/${unknown}/version/20251231`,
    'nobody else knows it',
  )
})

t.test('an extension alone, and a delta, are told for what they are', async t => {
  const module = '11000274103'
  const own = Object.fromEntries(
    Object.entries(snapshot)
      .filter(([path]) => !path.includes('ModuleDependency'))
      .map(([path, text]) => [path.replace('_INT_', '_DE1000274_'), text.replaceAll(core, module)]),
  )
  const file = { [`${dependencies}_DE1000274_20260101.txt`]: dependencyFile(depends(7, '20260101', module, core)) }
  t.match((await loaded(filesOf({ ...own, ...file }))).problems, [
    /^release: the extension 11000274103 depends on the international edition, of which no concept is among the files/,
  ])
  const delta = Object.fromEntries(
    Object.entries(snapshot).map(([path, text]) => [path.replace('_Snapshot', '_Delta'), text]),
  )
  const names = Object.keys(delta).filter(path => path.includes('_Delta'))
  const { problems } = await loaded(filesOf(Object.fromEntries(names.map(path => [path, delta[path] ?? '']))))
  t.same(problems, [
    'sct2_Concept_Delta_INT_20260101.txt: tells only what has changed since the release before; expected the Snapshot or Full files of a release',
  ])
})

t.test('each archive is read in the view that it has', async t => {
  const module = '11000274103'
  const inArchive = (name: string, texts: Readonly<Record<string, string>>): readonly SourceFile[] =>
    filesOf(texts).map(file => ({ ...file, from: { path: name, name } }))
  const extension = {
    'sct2_Concept_Full_DE1000274_20260301.txt': concepts(
      `999000124105 20250301 1 ${module} ${primitive}`,
      `999000124105 20260301 0 ${module} ${primitive}`,
      `200003 20260301 0 ${module} ${primitive}`,
    ),
    'sct2_Description_Full-de_DE1000274_20260301.txt': descriptions(),
    'sct2_Relationship_Full_DE1000274_20260301.txt': relationships(),
    'sct2_Concept_Delta_DE1000274_20260301.txt': 'not even read',
  }
  const { rows, problems } = await loaded([...inArchive('INT.zip', snapshot), ...inArchive('DE.zip', extension)])
  t.same(problems, [])
  const states = (rows.concepts as { code: string; inactive?: boolean }[]).map(each => [
    each.code,
    each.inactive ?? false,
  ])
  t.same(Object.fromEntries(states), { 100005: false, 200003: true, 300008: true, 999000124105: true })
  t.equal(states.length, 4)
})

t.test('headers of older releases, byte order marks and empty lines are nothing', async t => {
  const older = Object.fromEntries(
    Object.entries(snapshot).map(([path, text]) => [path, `\u{FEFF}${text.replace('refsetId', 'refSetId')}\r\n`]),
  )
  const [now, before] = [await loaded(filesOf(snapshot)), await loaded(filesOf(older))]
  t.same(before.problems, [])
  t.same(before.rows, now.rows)
})
