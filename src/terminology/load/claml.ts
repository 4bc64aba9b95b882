/** Classifications of the WHO, as ICD-10 is distributed: ClaML 2 and 3. https://www.cen.eu (EN 14463) */
import { type Classified, type Subdivision, subdivided } from './claml-modifiers.ts'
import { type Format, factsOf, type Load } from './format.ts'
import { shown } from './problems.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { beginning, type Element, readXml } from './xml-events.ts'

/** By the name that the file gives its classification, or that the file has: `ops2026syst_claml_20251017.xml`. */
const systems: readonly (readonly [name: RegExp, url: string])[] = [
  [/\bops(\b|\d)/i, 'http://fhir.de/CodeSystem/bfarm/ops'],
  [/icd-?10-?gm/i, 'http://fhir.de/CodeSystem/bfarm/icd-10-gm'],
  [/icd-?10/i, 'http://hl7.org/fhir/sid/icd-10'],
  [/icd-?o/i, 'http://terminology.hl7.org/CodeSystem/icd-o-3'],
  [/icf/i, 'http://hl7.org/fhir/sid/icf-nl'],
]

export const claml: Format = async (files, wanted) => {
  for (const file of files) {
    if (!/\.(xml|claml)$/i.test(baseName(file))) continue
    const start = await beginning(file)
    if (!start.includes('<ClaML')) continue
    const title = /<Title\b[^>]*>/.exec(start)?.[0] ?? ''
    const name = attribute(title, 'name') || baseName(file)
    const version = wanted.version ?? attribute(title, 'version')
    const of = (text: string): string | undefined => systems.find(([pattern]) => pattern.test(text))?.[1]
    const url = wanted.system ?? of(name) ?? of(baseName(file))
    if (url === undefined) return undefined
    const language = languageOf(start)
    const copyright = metaOf(start, 'copyright')
    return {
      facts: factsOf({
        url,
        ...(version === undefined ? {} : { version }),
        name: name.replaceAll(/\W+/g, '_'),
        title: name,
        language,
        ...(copyright === undefined ? {} : { copyright }),
        hierarchyMeaning: 'is-a',
        properties: [
          { code: 'kind', type: 'code', description: 'chapter, block or category' },
          { code: 'usage', type: 'code', description: 'dagger, aster or optional' },
          { code: 'asterisk', type: 'code', description: 'The manifestation that it is coded with' },
          { code: 'dagger', type: 'code', description: 'What it is a manifestation of' },
          ...rubrics.map(code => ({ code, type: 'string' as const })),
        ],
      }),
      bytes: file.bytes,
      load: load => readClaml(file, language, load),
    }
  }
  return undefined
}

/** As the file says in its head, or else of its first labels. */
function languageOf(start: string): string {
  return metaOf(start, 'lang') ?? /\bxml:lang="([^"]+)"/.exec(start)?.[1] ?? 'en'
}

function metaOf(start: string, name: string): string | undefined {
  const [meta] = start.match(new RegExp(`<Meta\\b[^>]*\\bname="${name}"[^>]*>`)) ?? []
  return (meta && attribute(meta, 'value')) || undefined
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]
}

const rubrics = [
  'inclusion',
  'exclusion',
  'note',
  'text',
  'introduction',
  'coding-hint',
  'definition',
  'modifierlink',
  'footnote',
] as const

const inline: ReadonlySet<string> = new Set([
  'Reference',
  'Term',
  'Fragment',
  'Para',
  'Include',
  'IncludeDescendants',
  'List',
  'ListItem',
])

/** What a class says of itself, by the kind of rubric; and `parents`, `modifiers` … */
type Said = Map<string, string[]>
type To = {
  readonly file: string
  /** Of displays. */
  readonly language: string
  readonly load: Load
  readonly rows: Rows
  readonly said: WeakMap<Element, Said>
  readonly classes: Map<string, Classified>
  readonly subdivisions: Map<string, Subdivision[]>
}

async function readClaml(file: SourceFile, language: string, load: Load): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  const kept: Pick<To, 'said' | 'classes' | 'subdivisions'> = {
    said: new WeakMap(),
    classes: new Map(),
    subdivisions: new Map(),
  }
  const to: To = { file: baseName(file), language, load, rows, ...kept }
  await readXml(file, load, {
    inline,
    open: element => {
      if (owners.has(element.name)) to.said.set(element, new Map())
    },
    close: (element, path) => closers.get(element.name)?.(element, path, to),
  })
  for (const { code, display, parent, usage, line } of subdivided(to.classes, to.subdivisions)) {
    rows.concept({ code, display, line })
    rows.edge({ child: code, parent, line })
    rows.property({ code, property: 'kind', value: 'category', line })
    if (usage !== undefined) rows.property({ code, property: 'usage', value: usage, line })
  }
  rows.flush()
}

const owners: ReadonlySet<string> = new Set(['Class', 'ModifierClass'])

type Close = (element: Element, path: readonly Element[], to: To) => void

const closers: ReadonlyMap<string, Close> = new Map<string, Close>([
  ['Reference', addReference],
  ['Label', addLabel],
  ['SuperClass', ({ attributes }, path, to) => keep(path, 'parents', attributes['code'] ?? '', to)],
  ['ModifiedBy', ({ attributes }, path, to) => keep(path, 'modifiers', attributes['code'] ?? '', to)],
  [
    'ValidModifierClass',
    ({ attributes }, path, to) => keep(path, `valid ${path.at(-1)?.attributes['code']}`, attributes['code'] ?? '', to),
  ],
  ['ExcludeModifier', ({ attributes }, path, to) => keep(path, 'excluded', attributes['code'] ?? '', to)],
  [
    'Meta',
    ({ attributes: { name, value = '' } }, path, to) => {
      if (name === 'excludeOnPrecedingModifier') keep(path, 'notAfter', value, to)
    },
  ],
  ['ModifierClass', closeSubdivision],
  ['Class', (element, _, to) => closeClass(element, to)],
])

function keep(path: readonly Element[], what: string, text: string, { said }: To): void {
  const owner = path.findLast(({ name }) => owners.has(name))
  const kept = owner && said.get(owner)
  if (kept !== undefined) kept.set(what, [...(kept.get(what) ?? []), text])
}

function closeSubdivision(element: Element, _: readonly Element[], { said, subdivisions }: To): void {
  const { modifier = '', code = '', usage } = element.attributes
  const all = (what: string): readonly string[] => said.get(element)?.get(what) ?? []
  const display = all('preferredLong')[0] ?? all('preferred')[0] ?? code
  subdivisions.set(modifier, [
    ...(subdivisions.get(modifier) ?? []),
    { code, display, usage, notAfter: all('notAfter') },
  ])
}

const marks: ReadonlyMap<string, readonly [property: string, mark: string]> = new Map([
  ['aster', ['asterisk', '*']],
  ['dagger', ['dagger', '†']],
])

/**
 * The code that goes with this one in dual coding is told in the text of a rubric, whose end its text is by now. It is no part of
 * a name. https://hl7.org/fhir/R4/icd.html#multiple
 */
function addReference(reference: Element, path: readonly Element[], to: To): void {
  const { attributes, text } = reference
  const around = path.at(-1)
  const kind = path.findLast(({ name }) => name === 'Rubric')?.attributes['kind'] ?? ''
  const [property, mark = ''] = marks.get(attributes['usage'] ?? '') ?? []
  const [code] = /[A-Z]\d\d(?:\.\d+)?/.exec(attributes['code'] ?? text) ?? []
  if (property !== undefined && code !== undefined) keep(path, property, code, to)
  if (around === undefined || (property === undefined && attributes['class'] !== 'in brackets')) return
  const before = around.text.slice(0, around.text.length - text.length)
  const shown = `${text.trim().replace(/[†*]$/, '')}${mark}`
  around.text = property !== undefined && kind.startsWith('preferred') ? before : `${before} (${shown})`
}

function addLabel(label: Element, path: readonly Element[], to: To): void {
  const rubric = path.findLast(({ name }) => name === 'Rubric')
  const text = label.text.trim().replaceAll(/\s+/g, ' ')
  const { kind = '' } = rubric?.attributes ?? {}
  const spoken = label.attributes['xml:lang'] ?? to.language
  if (rubric === undefined || text === '') return
  if (primary(spoken) === primary(to.language)) keep(path, kind, text, to)
  else if (kind === 'preferred') keep(path, `${inLanguage}${spoken}`, text, to)
}

const inLanguage = 'preferred in '

function* translations(said: Said = new Map()): Generator<readonly [language: string, name: string]> {
  for (const [what, names] of said) {
    if (what.startsWith(inLanguage)) yield* names.map(name => [what.slice(inLanguage.length), name] as const)
  }
}

function primary(language: string): string {
  return language.replace(/-.*$/, '').toLowerCase()
}

function closeClass(element: Element, { file, load, rows, said, classes }: To): void {
  const { attributes, line } = element
  const { code } = attributes
  const all = (what: string): readonly string[] => said.get(element)?.get(what) ?? []
  const preferred = all('preferred')
  const display = all('preferredLong')[0] ?? preferred[0]
  if (code === undefined || display === undefined) {
    const lacks = code === undefined ? "the attribute 'code'" : "a Rubric of the kind 'preferred'"
    load.problems.add(file, line, `the Class ${shown(code ?? '')} lacks ${lacks}`)
    return
  }
  const modifiers = all('modifiers').map(modifier => {
    const valid = all(`valid ${modifier}`)
    return valid.length === 0 ? { code: modifier } : { code: modifier, valid }
  })
  classes.set(code, { display, line, parents: all('parents'), modifiers, excluded: all('excluded') })
  rows.concept({ code, display, line })
  for (const value of preferred.filter(each => each !== display)) rows.designation({ code, value, line })
  for (const [language, value] of translations(said.get(element))) rows.designation({ code, language, value, line })
  for (const parent of all('parents')) rows.edge({ child: code, parent, line })
  for (const property of ['kind', 'usage'] as const) {
    const value = attributes[property]
    if (value !== undefined) rows.property({ code, property, value, line })
  }
  for (const property of ['asterisk', 'dagger', ...rubrics]) {
    for (const value of new Set(all(property))) rows.property({ code, property, value, line })
  }
}
