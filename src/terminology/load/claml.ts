/** Classifications of the WHO, as ICD-10 is distributed: ClaML 2 and 3. https://www.cen.eu (EN 14463) */
import { type Format, factsOf, type Load } from './format.ts'
import { shown } from './problems.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { beginning, type Element, readXml } from './xml-events.ts'

/** By the name that the file gives its classification. */
const systems: readonly (readonly [name: RegExp, url: string])[] = [
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
    const name = attribute(title, 'name') ?? baseName(file)
    const version = wanted.version ?? attribute(title, 'version')
    const url = wanted.system ?? systems.find(([pattern]) => pattern.test(name))?.[1]
    if (url === undefined) return undefined
    return {
      facts: factsOf({
        url,
        ...(version === undefined ? {} : { version }),
        name: name.replaceAll(/\W+/g, '_'),
        title: name,
        language: /<Label[^>]*xml:lang="([^"]+)"/.exec(start)?.[1] ?? 'en',
        hierarchyMeaning: 'is-a',
        properties: [
          { code: 'kind', type: 'code', description: 'chapter, block or category' },
          { code: 'usage', type: 'code', description: 'dagger, aster or optional' },
          ...rubrics.map(code => ({ code, type: 'string' as const })),
        ],
      }),
      bytes: file.bytes,
      load: load => readClaml(file, load),
    }
  }
  return undefined
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

/** What a class says of itself, by the kind of rubric; and `parents`. */
type Said = Map<string, string[]>
type To = { readonly file: string; readonly load: Load; readonly rows: Rows; readonly said: WeakMap<Element, Said> }

async function readClaml(file: SourceFile, load: Load): Promise<void> {
  const name = baseName(file)
  const to: To = { file: name, load, rows: rowsInto(load.sink, name), said: new WeakMap() }
  await readXml(file, load, {
    inline,
    open: element => {
      if (element.name === 'Class') to.said.set(element, new Map())
    },
    close: (element, path) => {
      if (element.name === 'Label') addLabel(element, path, to)
      if (element.name === 'SuperClass') keep(path, 'parents', element.attributes['code'] ?? '', to)
      if (element.name === 'Class') closeClass(element, to)
    },
  })
  to.rows.flush()
}

function keep(path: readonly Element[], what: string, text: string, { said }: To): void {
  const owner = path.findLast(({ name }) => name === 'Class')
  const kept = owner && said.get(owner)
  if (kept !== undefined) kept.set(what, [...(kept.get(what) ?? []), text])
}

function addLabel(label: Element, path: readonly Element[], to: To): void {
  const rubric = path.findLast(({ name }) => name === 'Rubric')
  const text = label.text.trim().replaceAll(/\s+/g, ' ')
  if (rubric !== undefined && text !== '') keep(path, rubric.attributes['kind'] ?? '', text, to)
}

function closeClass(element: Element, { file, load, rows, said }: To): void {
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
  rows.concept({ code, display, line })
  for (const value of preferred.filter(each => each !== display)) rows.designation({ code, value, line })
  for (const parent of all('parents')) rows.edge({ child: code, parent, line })
  for (const property of ['kind', 'usage'] as const) {
    const value = attributes[property]
    if (value !== undefined) rows.property({ code, property, value, line })
  }
  for (const property of rubrics) for (const value of all(property)) rows.property({ code, property, value, line })
}
