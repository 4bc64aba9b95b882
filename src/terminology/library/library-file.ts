/** A code system whose concepts lie in a file of the library. */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { Stretch } from '../../fhir/stretch.ts'
import {
  type CodeSystem,
  type CodeSystemFacts,
  codeKey,
  type Descriptions,
  type Designation,
  type Memberships,
  type PropertyValue,
  type Relations,
} from '../code-system.ts'
import { type Concept, ConceptSet } from '../concept-set.ts'
import { sourcesOf, unpackAttributes } from './attributes.ts'
import { ByteCache } from './byte-cache.ts'
import { findCode } from './code-index.ts'
import { openDescriptions } from './descriptions.ts'
import { type About, flag, format } from './file-format.ts'
import { FileTexts } from './file-texts.ts'
import { Heads } from './heads.ts'
import { openFile, openUnmapped, prepareRows } from './open-file.ts'
import { addTo, hasMember, listMembers, unpackSet } from './packed-set.ts'
import { openRefsets } from './refsets.ts'
import { type Limits, TextSearch } from './text-search.ts'
import { unpackNumbers } from './told.ts'

const cachedSets = 4 * 2 ** 20 // bytes, per file: ninety hierarchies of SNOMED CT

export class LibraryFile implements CodeSystem, Relations {
  readonly facts: CodeSystemFacts
  readonly size: number
  readonly about: About
  /** `undefined`: it has designations, and no more is known of them. */
  readonly descriptions: Descriptions | undefined
  readonly origins: Memberships['origins']
  readonly lapsed: Memberships | undefined
  readonly #db: DatabaseSync
  readonly #ask: ReturnType<typeof questions>
  /** Whose answers are held. */
  readonly #once: DatabaseSync
  readonly #askOnce: ReturnType<typeof questionsOnce>
  readonly #search: TextSearch
  readonly #refsets: Memberships
  readonly #sets = new ByteCache<string, ConceptSet>(cachedSets)
  readonly #properties: ReadonlyMap<string, number>
  readonly #none: ConceptSet
  readonly #heads: Heads
  readonly texts: FileTexts
  /** Read with the first code: 4 MB for SNOMED CT. */
  #slots: Uint32Array | undefined
  #types: readonly Concept[] | undefined

  constructor(path: string) {
    this.#db = openFile(path)
    this.about = readAbout(this.#db)
    this.facts = this.about.facts
    this.size = this.about.counts.concepts
    this.#none = new ConceptSet(this.size)
    this.#ask = questions(this.#db)
    this.#once = openUnmapped(path)
    this.#askOnce = questionsOnce(this.#once)
    this.#heads = new Heads(this.size, {
      read: block => cell(this.#askOnce.heads, block),
      bytes: () => cell(this.#askOnce.headBytes) ?? 0,
    })
    this.texts = new FileTexts(this.about, this.#heads, concept => bytesIn(cell(this.#ask.told, concept)))
    this.#search = new TextSearch(this.#db, this.about.languages)
    this.#properties = new Map(this.about.properties.map((code, n) => [code, n]))
    const { rf2 } = this.about
    const set = (name: string, question: StatementSync, key: number): ConceptSet => this.#set(name, question, key)
    this.descriptions =
      rf2 &&
      openDescriptions(this.#db, {
        ...{ rf2, size: this.size, set },
        terms: concept => this.designations(concept),
      })
    const open = { size: this.size, set, origins: rf2 !== undefined }
    this.#refsets = openRefsets(this.#db, open)
    this.origins = this.#refsets.origins
    this.lapsed = rf2 && openRefsets(this.#db, { ...open, lapsed: true })
  }

  find(code: string): Concept | undefined {
    this.#slots ??= slotsIn(cell(this.#askOnce.slots))
    return findCode(codeKey(code, this.facts), this.#slots, (concept, key) => this.#isCode(concept, key))
  }

  code(concept: Concept): string {
    return this.texts.code(concept).text
  }

  display(concept: Concept): string | undefined {
    return this.texts.display(concept)?.text
  }

  definition(concept: Concept): string | undefined {
    return this.texts.definition(concept)?.text
  }

  designations(concept: Concept): readonly Designation[] {
    return this.texts.designations(concept).map(({ value, ...rest }) => ({ ...rest, value: value.text }))
  }

  languages(): readonly string[] {
    const { language } = this.facts
    return [...new Set([...(language === undefined ? [] : [language]), ...this.about.languages])]
  }

  properties(concept: Concept): readonly PropertyValue[] {
    return this.texts.properties(concept).map(({ code, value }) => ({
      code,
      value: value instanceof Stretch ? value.text : value,
    }))
  }

  inactive(concept: Concept): boolean {
    return this.#hasFlag(concept, flag.inactive)
  }

  abstract(concept: Concept): boolean {
    return this.#hasFlag(concept, flag.abstract)
  }

  parents(concept: Concept): readonly Concept[] {
    return unpackNumbers(this.texts.told(concept).part('parents'))
  }

  children(concept: Concept): readonly Concept[] {
    const children = cell<Uint8Array>(this.#ask.children, concept)
    return children === undefined ? [] : listMembers(children)
  }

  isA(concept: Concept, ancestor: Concept): boolean {
    if (concept === ancestor) return true
    const above = this.#heads.ancestors(concept)
    return above !== undefined && hasMember(above, ancestor)
  }

  descendants(concept: Concept): ConceptSet {
    return this.#set(`descendants ${concept}`, this.#ask.descendants, concept)
  }

  ancestors(concept: Concept): ConceptSet {
    return this.#unpacked(this.#heads.ancestors(concept))
  }

  having(property: string, value?: string): ConceptSet {
    const n = this.#properties.get(property)
    if (n === undefined) return this.#none
    if (value === undefined) return this.#set(`property ${n}`, this.#ask.property, n)
    const key = codeKey(value, this.facts)
    return this.#set(`value ${n} ${key}`, this.#ask.value, n, key)
  }

  search(text: string, limits: Limits): readonly Concept[] {
    if (limits.most <= 0) return []
    const found = new Set<Concept>()
    const coded = this.find(text.trim())
    if (coded !== undefined && (limits.within === undefined || limits.within.has(coded))) found.add(coded)
    this.#search.search(text, limits, found)
    return [...found]
  }

  sources(types: ConceptSet | undefined, values: ConceptSet | undefined): ConceptSet {
    const words = new Uint32Array((this.size + 31) >>> 5)
    this.#types ??= this.#ask.types.all().map(first<number>)
    for (const type of this.#types) {
      if (types !== undefined && !types.has(type)) continue
      if (values === undefined) addTo(words, cell(this.#ask.sources, type) ?? empty)
      else sourcesOf(cell(this.#ask.byValue, type) ?? empty, values, words)
    }
    return new ConceptSet(this.size, words)
  }

  /** A literal is a text, as RF2 writes it: `#500`, `"text"`. A number is always a concept. */
  attributes(concept: Concept): ReturnType<typeof unpackAttributes> {
    return unpackAttributes(this.texts.told(concept).part('attributes'))
  }

  members(refset: Concept): ConceptSet {
    return this.#refsets.members(refset)
  }

  refsets(): ConceptSet {
    return this.#refsets.refsets()
  }

  /** What a reference set says of a member: of each of its rows, if it says something. */
  fields(refset: Concept, member: Concept): readonly Readonly<Record<string, string>>[] {
    return this.#refsets.fields?.(refset, member) ?? []
  }

  /** Nobody may ask it after. Who cannot tell when that is lets go of it: that closes it, too. */
  close(): void {
    this.#db.close()
    this.#once.close()
  }

  #isCode(concept: Concept, key: string): boolean {
    const isSame = this.facts.caseSensitive ? this.#heads.isCode(concept, key) : undefined
    return isSame ?? codeKey(this.code(concept), this.facts) === key
  }

  #hasFlag(concept: Concept, wanted: number): boolean {
    return (this.#heads.at(concept).flags & wanted) !== 0
  }

  #set(name: string, question: StatementSync, ...keys: readonly (number | string)[]): ConceptSet {
    const bytes = this.size / 8 + name.length * 2
    return this.#sets.get(name, () => ({ value: this.#unpacked(cell(question, ...keys)), bytes }))
  }

  #unpacked(packed: Uint8Array | undefined): ConceptSet {
    return packed === undefined ? new ConceptSet(this.size) : unpackSet(packed, this.size)
  }
}

function questions(db: DatabaseSync) {
  return {
    told: prepareRows(db, 'SELECT hex(told) FROM concept WHERE n = ?'),
    children: prepareRows(db, 'SELECT children FROM concept WHERE n = ?'),
    descendants: prepareRows(db, 'SELECT concepts FROM descendants WHERE n = ?'),
    property: prepareRows(db, 'SELECT concepts FROM property WHERE n = ?'),
    value: prepareRows(db, 'SELECT concepts FROM value WHERE property = ? AND value = ?'),
    types: prepareRows(db, 'SELECT type FROM relation'),
    sources: prepareRows(db, 'SELECT sources FROM relation WHERE type = ?'),
    byValue: prepareRows(db, 'SELECT by_value FROM relation WHERE type = ?'),
  }
}

function questionsOnce(db: DatabaseSync) {
  return {
    heads: prepareRows(db, 'SELECT heads FROM head WHERE block = ?'),
    headBytes: prepareRows(db, 'SELECT sum(length(heads)) FROM head'),
    slots: prepareRows(db, 'SELECT slots FROM code'),
  }
}

const empty = new Uint8Array(1)

/** The one cell of the one row. What a column holds is said by the schema. */
function cell<T>(question: StatementSync, ...keys: readonly (number | string)[]): T | undefined {
  const row: unknown = question.get(...keys)
  return row === undefined ? undefined : (first<T | null>(row) ?? undefined)
}

/** A blob comes as an ArrayBuffer of its own: to make and to collect one for each answer costs more than to read its digits. */
function bytesIn(hex: string | undefined): Uint8Array | undefined {
  return hex === undefined ? undefined : Buffer.from(hex, 'hex')
}

function first<T>(row: unknown): T {
  return (row as readonly [T])[0]
}

function slotsIn({ buffer, byteOffset, byteLength }: Uint8Array = empty): Uint32Array {
  return new Uint32Array(buffer, byteOffset, byteLength / 4)
}

function readAbout(db: DatabaseSync): About {
  const rows = db.prepare('SELECT name, value FROM about').all()
  const about = Object.fromEntries(rows.map(({ name, value }) => [name, JSON.parse(String(value))]))
  if (about['format'] !== format) {
    throw new Error(`the file has format ${about['format']}, not ${format}: load the code system again`)
  }
  return about as About
}
