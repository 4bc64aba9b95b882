/**
 * A release of LOINC as large as the real one and shaped like it, made from numbers: its files row by row, and what they say. A
 * twenty-fifth of the terms are deprecated; a term has six parts, and stands under one or two of the hierarchy.
 */
import { once } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { random } from '../library/synthetic.ts'

export type LoincLike = {
  readonly term: (n: number) => string
  readonly part: (n: number) => string
  readonly list: (n: number) => string
  readonly counts: Readonly<Record<'terms' | 'parts' | 'lists' | 'panels' | 'groups', number>>
  /** Numbers of the parts right above a part (one, or none of the root) or a term. */
  readonly above: (kind: 'part' | 'term', n: number) => readonly number[]
  /** In their order. */
  readonly answers: (list: number) => readonly string[]
  /** The lists that a term is answered from. */
  readonly listsOf: (term: number) => readonly number[]
  /** Terms in a panel, which is a term itself. */
  /** The parts of a term, by axis. */
  readonly linked: (term: number) => readonly number[]
  readonly panel: (n: number) => { readonly term: number; readonly members: readonly number[] }
  /** Terms of a group; groups 2n and 2n + 1 are in the group of groups n. */
  readonly group: (n: number) => readonly number[]
  readonly display: (term: number, language?: string) => string
  readonly files: () => readonly File[]
}

type Coded = (n: number) => string

export type File = {
  readonly path: string
  readonly columns: readonly string[]
  readonly rows: () => Iterable<readonly (string | number)[]>
}

const syllables = [...'bcdfghklmnprstvz'].flatMap(first => [...'aeiou'].map(second => first + second))
const axes = ['COMPONENT', 'PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP', 'METHOD_TYP'] as const
const own = ['CLASS', 'VersionLastChanged', 'STATUS', 'CONSUMER_NAME', 'CLASSTYPE', 'RELATEDNAMES2', 'SHORTNAME']
const more = ['ORDER_OBS', 'EXTERNAL_COPYRIGHT_NOTICE', 'EXAMPLE_UCUM_UNITS', 'DefinitionDescription', 'DisplayName']
const variants = ['deDE15', 'frFR18', 'zhCN5']
const branching = 6

export function loincLike({ terms, seed = 3 }: { terms: number; seed?: number }): LoincLike {
  const counts = {
    terms,
    parts: Math.ceil(terms * 0.7),
    lists: Math.ceil(terms / 25),
    panels: Math.ceil(terms / 50),
    groups: Math.ceil(terms / 40) * 2,
  }
  const draw = (what: number, n: number) => random(seed * 7_919 + what * 104_729 + n * 31)
  const code = (prefix: string, n: number): string => `${prefix}${n + 1}-${(n * 7) % 10}`
  const [term, part, list] = ['', 'LP', 'LL'].map(prefix => (n: number) => code(prefix, n)) as [Coded, Coded, Coded]
  const words = (of: () => number, count: number): string =>
    Array.from({ length: count }, () => {
      const length = 2 + Math.floor(of() * 3)
      return Array.from({ length }, () => syllables[Math.floor(of() ** 2 * syllables.length)]).join('')
    }).join(' ')
  const above: LoincLike['above'] = (kind, n) => {
    if (kind === 'part') return n === 0 ? [] : [Math.floor((n - 1) / branching)]
    const next = draw(1, n)
    const first = Math.floor(next() * counts.parts)
    return next() < 0.2 ? [...new Set([first, Math.floor(next() * counts.parts)])] : [first]
  }
  const answers: LoincLike['answers'] = n => {
    const next = draw(2, n)
    const many = 2 + Math.floor(next() * 12)
    // Some are in many lists: Yes, No, Unknown.
    const drawn = Array.from({ length: many }, () => Math.floor(next() ** 3 * terms * 0.3))
    return [...new Set(drawn)].map(answer => code('LA', answer))
  }
  const listsOf: LoincLike['listsOf'] = n => (n % 3 === 0 ? [Math.floor(draw(3, n)() * counts.lists)] : [])
  const panel: LoincLike['panel'] = n => {
    const next = draw(4, n)
    const size = 3 + Math.floor(next() * 40)
    const members = new Set(Array.from({ length: size }, () => Math.floor(next() * terms)))
    return { term: n * 50, members: [...members].filter(member => member !== n * 50) }
  }
  const group: LoincLike['group'] = n => {
    const next = draw(9, n)
    return [...new Set(Array.from({ length: 1 + Math.floor(next() * 8) }, () => Math.floor(next() * terms)))]
  }
  const display: LoincLike['display'] = (n, language = '') => words(draw(5 + language.charCodeAt(0), n), 5)
  const linked = (n: number): readonly number[] => {
    const next = draw(6, n)
    return axes.map(() => Math.floor(next() ** 2 * counts.parts))
  }
  const each = function* <T>(count: number, rows: (n: number) => Iterable<T>): Generator<T> {
    for (let n = 0; n < count; n++) yield* rows(n)
  }
  const name = (n: number): string => words(draw(7, n), 2)
  const termRow = (n: number): readonly (string | number)[] => {
    const next = draw(8, n)
    const some = (chance: number, text: () => string): string => (n % chance === 0 ? text() : '')
    const status = n % 25 === 0 ? 'DEPRECATED' : 'ACTIVE'
    const kind = words(random(Math.floor(next() * 300)), 1).toUpperCase()
    const about = [kind, `2.${n % 80}`, status, words(next, 3), 1 + (n % 4), words(next, 12), words(next, 3)]
    const notice = some(40, () => `Copyright © ${words(next, 4)}, "used" by permission`)
    const rest = ['Both', notice, some(2, () => 'mg/dL'), some(9, () => words(next, 30)), words(next, 2)]
    return [term(n), ...linked(n).map(name), ...about, ...rest, display(n)]
  }
  return {
    ...{ term, part, list, counts, above, answers, listsOf, linked, panel, group, display },
    files: () => [
      {
        path: 'LoincTable/Loinc.csv',
        columns: ['LOINC_NUM', ...axes, ...own, ...more, 'LONG_COMMON_NAME'],
        rows: () => each(terms, n => [termRow(n)]),
      },
      {
        path: 'AccessoryFiles/PartFile/Part.csv',
        columns: ['PartNumber', 'PartTypeName', 'PartName', 'PartDisplayName', 'Status'],
        rows: () => each(counts.parts, n => [[part(n), axes[n % 6] ?? '', name(n), name(n), 'ACTIVE']]),
      },
      {
        path: 'AccessoryFiles/PartFile/LoincPartLink_Primary.csv',
        columns: ['LoincNumber', 'LongCommonName', 'PartNumber', 'PartName', 'PartTypeName', 'LinkTypeName'],
        rows: () =>
          each(terms, n => linked(n).map((at, axis) => [term(n), '', part(at), name(at), axes[axis] ?? '', 'Primary'])),
      },
      {
        path: 'AccessoryFiles/ComponentHierarchyBySystem/ComponentHierarchyBySystem.csv',
        columns: ['PATH_TO_ROOT', 'SEQUENCE', 'IMMEDIATE_PARENT', 'CODE', 'CODE_TEXT'],
        rows: function* () {
          yield* each(counts.parts, n => [['', n, above('part', n).map(part)[0] ?? '', part(n), name(n)]])
          yield* each(terms, n => above('term', n).map((at, sequence) => ['', sequence, part(at), term(n), display(n)]))
        },
      },
      {
        path: 'AccessoryFiles/AnswerFile/AnswerList.csv',
        columns: ['AnswerListId', 'AnswerListName', 'AnswerStringId', 'SequenceNumber', 'DisplayText'],
        rows: () =>
          each(counts.lists, n =>
            answers(n).map((answer, at) => [list(n), `List ${name(n)}`, answer, at + 1, `Answer ${answer}`]),
          ),
      },
      {
        path: 'AccessoryFiles/AnswerFile/LoincAnswerListLink.csv',
        columns: ['LoincNumber', 'LongCommonName', 'AnswerListId', 'AnswerListName', 'AnswerListLinkType'],
        rows: () => each(terms, n => listsOf(n).map(at => [term(n), '', list(at), '', 'NORMATIVE'])),
      },
      {
        path: 'AccessoryFiles/PanelsAndForms/PanelsAndForms.csv',
        columns: ['ParentId', 'ParentLoinc', 'ParentName', 'ID', 'SEQUENCE', 'Loinc', 'LoincName'],
        rows: () =>
          each(counts.panels, n => {
            const { term: own, members } = panel(n)
            return [own, ...members].map((member, at) => [n, term(own), '', at, at, term(member), ''])
          }),
      },
      {
        path: 'AccessoryFiles/GroupFile/ParentGroup.csv',
        columns: ['ParentGroupId', 'ParentGroup', 'Status'],
        rows: () => each(counts.groups / 2, n => [[code('LG9', n), `Groups ${name(n)}`, 'ACTIVE']]),
      },
      {
        path: 'AccessoryFiles/GroupFile/Group.csv',
        columns: ['ParentGroupId', 'GroupId', 'Group', 'Archetype', 'Status', 'VersionFirstReleased'],
        rows: () =>
          each(counts.groups, n => [
            [code('LG9', Math.floor(n / 2)), code('LG1', n), `Group ${name(n)}`, '', 'Active', ''],
          ]),
      },
      {
        path: 'AccessoryFiles/GroupFile/GroupLoincTerms.csv',
        columns: ['Category', 'GroupId', 'Archetype', 'LoincNumber', 'LongCommonName'],
        rows: () => each(counts.groups, n => group(n).map(at => ['', code('LG1', n), '', term(at), ''])),
      },
      ...variants.map((variant, at) => ({
        path: `AccessoryFiles/LinguisticVariants/${variant}LinguisticVariant.csv`,
        columns: ['LOINC_NUM', ...axes, 'CLASS', 'LONG_COMMON_NAME', 'LinguisticVariantDisplayName'],
        rows: () =>
          each(terms, n => (n % 5 === at ? [] : [[term(n), ...linked(n).map(name), '', display(n, variant), '']])),
      })),
    ],
  }
}

/** Into a folder of their own, whose name tells the version; resolves to how many rows and bytes there are. */
export async function writeLoinc(release: LoincLike, folder: string): Promise<{ rows: number; bytes: number }> {
  const counts = { rows: 0, bytes: 0 }
  for (const { path, columns, rows } of release.files()) {
    const at = join(folder, path)
    mkdirSync(dirname(at), { recursive: true })
    const out = createWriteStream(at)
    const write = async (lines: readonly string[]): Promise<void> => {
      const text = Buffer.from(`${lines.join('\r\n')}\r\n`)
      counts.bytes += text.length
      if (!out.write(text)) await once(out, 'drain')
    }
    let lines = [printed(columns)]
    for (const row of rows()) {
      counts.rows++
      if (lines.push(printed(row)) < 5_000) continue
      await write(lines)
      lines = []
    }
    if (lines.length > 0) await write(lines)
    out.end()
    await once(out, 'close')
  }
  return counts
}

/** Each field in quotation marks, as Regenstrief has it. */
function printed(fields: readonly (string | number)[]): string {
  return fields.map(field => `"${String(field).replaceAll('"', '""')}"`).join(',')
}
