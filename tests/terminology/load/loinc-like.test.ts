/** A release of LOINC, loaded from its files: lists, parts, panels, languages and rights answer as the files say. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import t from 'tap'
import { plain } from '../../../src/interactions/vocabulary/bindings.ts'
import { openCatalog } from '../../../src/terminology/library/catalog.ts'
import { LibraryFile } from '../../../src/terminology/library/library-file.ts'
import { libraryTerminology } from '../../../src/terminology/library/library-terminology.ts'
import { runTask } from '../../../src/terminology/load/run.ts'
import { membersIn } from '../../../src/terminology/value-set/member.ts'
import { membershipsOf } from '../../../src/terminology/value-set/membership.ts'
import { libraryFolder } from '../library/shelf-folder.ts'
import { loincLike, writeLoinc } from './loinc-like.ts'

const system = 'http://loinc.org'
const like = loincLike({ terms: 400 })
const { counts, term, part, list } = like
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, n) => n)

t.test('what is loaded answers as the files say', async t => {
  const folder = libraryFolder(t)
  const release = join(folder, 'Loinc_2.81')
  await writeLoinc(like, release)
  const library = join(folder, 'library')
  const needs = { clock: Date.now, random: randomBytes, tell: () => {}, isCancelled: () => false }
  t.match(await runTask({ folder: library, paths: [release] }, needs), { is: 'done', left: [], count: 0 })
  const catalog = openCatalog(library, { clock: Date.now })
  t.teardown(() => catalog.close())
  const terminology = libraryTerminology(catalog, 'default')
  const memberships = membershipsOf(terminology)
  const loinc = terminology.codeSystem(system, '2.81')
  if (!(loinc instanceof LibraryFile)) throw new Error('not loaded')
  const concept = (code: string): number => loinc.find(code) ?? -1
  const valued = (code: string, property: string): unknown[] =>
    loinc
      .properties(concept(code))
      .filter(each => each.code === property)
      .map(({ value }) => value)
  const codes = (resource: object): string[] => {
    const { runs, faults } = memberships.of({ resourceType: 'ValueSet', status: 'active', ...resource }, plain)
    t.same(faults, [])
    return runs.flatMap(run => [...membersIn(run)].map(({ code }) => code))
  }
  const codesIn = (values: readonly unknown[]): string[] => values.map(value => (value as { code: string }).code)
  const implicit = (code: string): string[] => codes(memberships.find({ url: `${system}/vs/${code}` }) ?? {})
  const filtered = (property: string, op: string, value: string): string[] =>
    codes({ compose: { include: [{ system, filter: [{ property, op, value }] }] } })

  await t.test('answer lists, in their order', async t => {
    for (const n of numbers(counts.lists)) {
      t.same(implicit(list(n)), like.answers(n), list(n))
      t.same(filtered('LIST', '=', list(n)).sort(), [...like.answers(n)].sort())
      const asking = numbers(counts.terms).filter(at => like.listsOf(at).includes(n))
      t.same(filtered('answer-list', '=', list(n)).sort(), asking.map(term).sort())
      t.same(codesIn(valued(list(n), 'answers-for')).sort(), asking.map(term).sort())
      t.same(filtered('answers-for', '=', term(0)), like.listsOf(0).map(list))
    }
  })

  await t.test('what is below a part, of parts and terms', async t => {
    const children = new Map<number, string[]>()
    const below = (n: number): Set<string> => {
      const found = new Set(children.get(n))
      for (const at of numbers(counts.parts)) {
        if (!like.above('part', at).includes(n)) continue
        found.add(part(at))
        for (const code of below(at)) found.add(code)
      }
      return found
    }
    for (const n of numbers(counts.terms)) {
      for (const at of like.above('term', n)) children.set(at, [...(children.get(at) ?? []), term(n)])
    }
    for (const n of [0, 1, 2, 5, 40, counts.parts - 1]) {
      t.same(new Set(implicit(part(n))), below(n), part(n))
      t.same(new Set(filtered('ancestor', '=', part(n))), below(n))
      const nearest = numbers(counts.parts).filter(at => like.above('part', at).includes(n))
      t.same(new Set(filtered('parent', '=', part(n))), new Set([...(children.get(n) ?? []), ...nearest.map(part)]))
    }
    t.same(new Set(filtered('child', '=', `${part(3)}, ${part(8)}`)), new Set([part(0), part(1)]))
    t.same(new Set(filtered('descendant', '=', part(8))), new Set([part(0), part(1)]))
    t.same(new Set(filtered('ancestor', 'in', `${part(1)},${part(2)}`)), below(1).union(below(2)))
  })

  await t.test('what terms are made of, by the code of a part or by its name, in any case', async t => {
    const axes = ['COMPONENT', 'PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP', 'METHOD_TYP']
    for (const n of numbers(25)) {
      const { code, display } = valued(term(n), 'COMPONENT')[0] as { code: string; display: string }
      t.equal(code, part(like.linked(n)[0] ?? -1))
      const alike = numbers(counts.terms).filter(at => like.linked(at)[0] === like.linked(n)[0])
      t.same(new Set(filtered('COMPONENT', '=', code)), new Set(alike.map(term)))
      const named = numbers(counts.terms).filter(at => {
        return (valued(term(at), 'COMPONENT')[0] as { display: string }).display === display
      })
      t.same(new Set(filtered('COMPONENT', '=', display.toUpperCase())), new Set(named.map(term)))
      t.same(new Set(filtered('COMPONENT', 'regex', display)), new Set(named.map(term)))
      for (const [axis, property] of axes.entries()) {
        t.same(codesIn(valued(term(n), property)), [part(like.linked(n)[axis] ?? -1)])
      }
    }
    t.equal(filtered('COMPONENT', 'exists', 'true').length, counts.terms)
    t.same(filtered('CLASSTYPE', '=', '2').length, counts.terms / 4)
    t.same(filtered('STATUS', '=', 'deprecated').length, counts.terms / 25)
    t.same(filtered('ORDER_OBS', '=', 'Both').length, counts.terms)
    t.same(filtered('ORDER_OBS', '=', 'Order'), [])
  })

  await t.test('groups, and groups of them', async t => {
    const members = (groups: readonly number[]) => new Set(groups.flatMap(n => like.group(n)).map(term))
    const [one, two, both] = ['LG17-2', 'LG18-9', 'LG94-1'] as const
    for (const code of [one, two]) {
      t.same(
        [...loinc.parents(concept(code))].map(n => loinc.code(n)),
        [both],
        code,
      )
    }
    t.same(new Set(implicit(one)), members([6]))
    t.same(new Set(implicit(two)), members([7]))
    t.same(new Set(implicit(both)), members([6, 7]))
    t.same(new Set(filtered('GROUP', '=', one)), members([6]))
    t.equal(memberships.find({ url: `${system}/vs/LG99999-9` }), undefined)
  })

  await t.test('panels', async t => {
    for (const n of numbers(counts.panels)) {
      const { term: own, members } = like.panel(n)
      t.same(new Set(valued(term(own), 'panel-member')), new Set(members.map(term)), term(own))
    }
  })

  await t.test('displays in each language', async t => {
    for (const n of [0, 1, 2, 3, 4]) {
      t.equal(loinc.display(concept(term(n))), like.display(n))
      const said = loinc.designations(concept(term(n))).filter(({ use }) => use?.code === 'LONG_COMMON_NAME')
      const expected = [
        ['de-DE', 0, 'deDE15'],
        ['fr-FR', 1, 'frFR18'],
        ['zh-CN', 2, 'zhCN5'],
      ] as const
      t.same(
        said.map(({ language, value }) => [language, value]),
        expected.filter(([, at]) => n % 5 !== at).map(([tag, , variant]) => [tag, like.display(n, variant)]),
      )
    }
  })

  await t.test('whose they are, and what is taken back', async t => {
    const others = numbers(counts.terms).filter(n => n % 40 === 0)
    t.same(new Set(filtered('copyright', '=', '3rdParty')), new Set(others.map(term)))
    t.equal(filtered('copyright', '=', 'LOINC').length, counts.terms - others.length)
    t.match(valued(term(0), 'EXTERNAL_COPYRIGHT_NOTICE'), [/^Copyright © .*"used" by permission$/])
    t.same([loinc.inactive(concept(term(25))), loinc.inactive(concept(term(26)))], [true, false])
    t.equal(codes(memberships.find({ url: `${system}/vs` }) ?? {}).length, loinc.size)
  })
})
