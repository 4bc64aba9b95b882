/** ICD-10-CM as the CDC and CMS distribute it: the tabular list in XML, or the order file. https://www.cms.gov/medicare/coding-billing/icd-10-codes */
import { type Format, factsOf, type Load } from './format.ts'
import { readLines } from './lines.ts'
import { shown } from './problems.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'
import { type Element, readXml } from './xml-events.ts'

export const icd10cm: Format = async (files, wanted) => {
  // Addenda are beside them, which tell only what is new. One year it was icd10c-tabular-….
  const tabular = files.find(file => /^icd-?10-?cm?[-_ ]tabular(?!.*addenda).*\.xml$/i.test(baseName(file)))
  const order = files.find(file => /^icd-?10-?cm[-_ ]order(?!.*addenda).*\.txt$/i.test(baseName(file)))
  const file = tabular ?? order
  if (file === undefined) return undefined
  const version = wanted.version ?? /(20\d\d)/.exec(baseName(file))?.[1]
  return {
    facts: factsOf({
      url: 'http://hl7.org/fhir/sid/icd-10-cm',
      ...(version === undefined ? {} : { version }),
      name: 'ICD10CM',
      title: 'International Classification of Diseases, 10th Revision, Clinical Modification (ICD-10-CM)',
      hierarchyMeaning: 'is-a',
      language: 'en',
      properties: [
        { code: 'kind', type: 'code', description: 'chapter, block, category or code' },
        { code: 'billable', type: 'boolean', description: 'Whether the code is valid for submission' },
        ...noteKinds.map(code => ({ code, type: 'string' as const })),
      ],
    }),
    bytes: file.bytes,
    load: load => (tabular ? readTabular(tabular, load) : readOrder(file, load)),
  }
}

const noteKinds = [
  'includes',
  'inclusionTerm',
  'excludes1',
  'excludes2',
  'codeFirst',
  'useAdditionalCode',
  'codeAlso',
  'notes',
] as const

/** The second is a letter since 2026: QA0.0101. */
const form = /^[A-Z][0-9A-Z]{2}(\.?[0-9A-Z]{1,4})?$/

/** What has a name; `name` and `desc` come before what it holds. */
type Named = WeakMap<Element, { readonly code: string; leaf: boolean; display?: string }>
/** Seventh characters of all codes in it, and what they mean. */
type Extended = WeakMap<Element, (readonly [char: string, meaning: string])[]>
type To = {
  readonly file: string
  readonly load: Load
  readonly rows: Rows
  readonly named: Named
  readonly extended: Extended
}

async function readTabular(file: SourceFile, load: Load): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  const to: To = { file: baseName(file), load, rows, named: new WeakMap(), extended: new WeakMap() }
  let known = false
  await readXml(file, load, {
    open: ({ name, line }, path) => {
      if (path.length > 0) return
      known = name === 'ICD10CM.tabular'
      if (!known) load.problems.add(to.file, line, `the root is ${shown(name)}; expected 'ICD10CM.tabular'`)
    },
    close: (element, path) => {
      if (known) closeTabular(element, path, to)
    },
  })
  to.rows.flush()
}

function closeTabular(element: Element, path: readonly Element[], to: To): void {
  const owner = path.at(-1)
  if (owner === undefined) return
  const text = element.text.trim().replaceAll(/\s+/g, ' ')
  const { named, extended } = to
  switch (element.name) {
    case 'name':
      named.set(owner, { code: owner.name === 'chapter' ? `Chapter ${text}` : text, leaf: true })
      break
    case 'desc':
      describe(owner, path.slice(0, -1), text, to)
      break
    case 'note':
      addNote(owner, path, text, element.line, to)
      break
    case 'extension': {
      const category = path.at(-2)
      const char = element.attributes['char'] ?? ''
      if (category && char !== '') extended.set(category, [...(extended.get(category) ?? []), [char, text]])
      break
    }
    case 'diag':
      closeDiagnosis(element, path, to)
  }
}

/** "The appropriate 7th character is to be added to each code from category …", over placeholders where the code is shorter. */
function closeDiagnosis(diag: Element, path: readonly Element[], { rows, named, extended }: To): void {
  const known = named.get(diag)
  if (known === undefined) return
  const { code, leaf, display = '' } = known
  const { line } = diag
  const category = leaf ? [...path, diag].findLast(each => extended.has(each)) : undefined
  rows.property({ code, property: 'billable', value: leaf && category === undefined, line })
  for (const [char, meaning] of (category && extended.get(category)) ?? []) {
    const whole = dotted(`${code.replace('.', '').padEnd(6, 'X')}${char}`)
    rows.concept({ code: whole, display: `${display}, ${meaning}`, line })
    rows.edge({ child: whole, parent: code, line })
    rows.property({ code: whole, property: 'kind', value: 'code', line })
    rows.property({ code: whole, property: 'billable', value: true, line })
  }
}

function describe(owner: Element, around: readonly Element[], text: string, { file, load, rows, named }: To): void {
  const { name, line, attributes } = owner
  const id = attributes['id']
  // A block of one category, such as B10, has its code, and nothing else to say.
  if (name === 'section' && id !== undefined && !form.test(id)) named.set(owner, { code: id, leaf: false })
  const known = named.get(owner)
  if (known === undefined) return
  const { code } = known
  if (name === 'diag' && !form.test(code)) {
    load.problems.add(file, line, `${shown(code)} is no ICD-10-CM code; expected such as E11.9`)
    return
  }
  // Chapters and sections repeat their range behind their title.
  known.display = text
  rows.concept({ code, display: name === 'diag' ? text : text.replace(/ \([A-Z][0-9A-Z]{2}[^)]*\)$/, ''), line })
  const parent = around.findLast(each => named.has(each))
  const above = parent && named.get(parent)
  if (above !== undefined) {
    rows.edge({ child: code, parent: above.code, line })
    above.leaf = false
  }
  rows.property({ code, property: 'kind', value: kindOf(name, parent), line })
}

function kindOf(name: string, parent: Element | undefined): string {
  if (name === 'diag') return parent?.name === 'diag' ? 'code' : 'category'
  return name === 'section' ? 'block' : 'chapter'
}

function addNote(kind: Element, path: readonly Element[], value: string, line: number, { rows, named }: To): void {
  const owner = path.at(-2)
  const known = owner && named.get(owner)
  const property = noteKinds.find(each => each === kind.name)
  if (known && property && value !== '') rows.property({ code: known.code, property, value, line })
}

/** Columns 1-5 order, 7-13 code, 15 whether billable, 17-76 short, 78- long description. */
async function readOrder(file: SourceFile, load: Load): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  const above: string[] = []
  const read = (text: string, line: number): void => {
    if (text.trim() === '') return
    const [, bare = '', billable] = /^\d{5} ([A-Z0-9]{3,7}) *([01]) /.exec(text) ?? []
    if (!form.test(bare)) {
      const expected = 'order, code, 0 or 1, and descriptions in columns 1, 7, 15, 17 and 78'
      load.problems.add(baseName(file), line, `expected ${expected}; found ${shown(text)}`)
      return
    }
    const code = dotted(bare)
    rows.concept({ code, display: text.slice(77).trim() || text.slice(16, 76).trim(), line })
    rows.property({ code, property: 'billable', value: billable === '1', line })
    rows.property({ code, property: 'kind', value: bare.length === 3 ? 'category' : 'code', line })
    // In order, a code follows what it belongs to.
    while (above.length > 0 && !bare.startsWith(above.at(-1) ?? '')) above.pop()
    const parent = above.at(-1)
    if (parent !== undefined) rows.edge({ child: code, parent: dotted(parent), line })
    above.push(bare)
  }
  await readLines(file, load, read, 'windows-1252')
  rows.flush()
}

function dotted(bare: string): string {
  return bare.length > 3 ? `${bare.slice(0, 3)}.${bare.slice(3)}` : bare
}
