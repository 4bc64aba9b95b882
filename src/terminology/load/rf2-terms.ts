/** Descriptions of RF2: which is the display of its concept, and what language reference sets say of the others. */
import type { DescriptionKind } from '../code-system.ts'
import { dialects } from '../ecl/dialects.ts'
import { metadata } from '../ecl/metadata.ts'
import type { DesignationRow, Use } from '../library/row.ts'
import type { Load } from './format.ts'
import { idTable } from './id-table.ts'
import type { Acceptance, Accepted } from './rf2-acceptance.ts'
import { isActive, type Rf2File, readLatest } from './rf2-file.ts'
import type { Rows } from './sink.ts'
import type { TabLine } from './tab-line.ts'

const system = 'http://snomed.info/sct'

const uses: ReadonlyMap<string, Use> = new Map([
  [metadata.fullySpecifiedName, { system, code: metadata.fullySpecifiedName, display: 'Fully specified name' }],
  [metadata.synonym, { system, code: metadata.synonym, display: 'Synonym' }],
  [metadata.definition, { system, code: metadata.definition, display: 'Definition' }],
])

/** The term to show to those who speak a dialect. */
const preferredUse: Use = {
  system: 'http://terminology.hl7.org/CodeSystem/hl7TermMaintInfra',
  code: 'preferredForLanguage',
  display: 'Preferred For Language',
}

const languages = new Map(Object.entries(dialects).map(([alias, refset]) => [refset, tagOf(alias)]))

/** `en-GB`, as BCP 47 writes it. */
function tagOf(alias: string): string {
  return alias.replace(
    /^(\w{2})-(\w{2})(?=$|-)/,
    (_, language: string, region: string) => `${language}-${region.toUpperCase()}`,
  )
}

/** The first of these that is there says which term is the display. */
const displayDialects = ['en-us', 'en-gb'].map(alias => dialects[alias] ?? '')

export type Displays = ReadonlyMap<string, string>

/** Rows of designations, file kind by file kind; the displays are given back, for the concepts. Nobody needs `of` after. */
export async function readTerms(
  kinds: readonly (readonly Rf2File[])[],
  { of, sets }: Acceptance,
  load: Load,
): Promise<Displays> {
  const refsets = new Set(sets.flat().map(({ refset }) => refset))
  const chosen = displayDialects.find(refset => refsets.has(refset)) ?? refsets.values().next().value
  const standings = sets.map(accepted => standingOf(accepted, refsets, chosen))
  const displays = new Map<string, string>()
  const ranks = idTable()
  const consider = (line: TabLine, rank: number): void => {
    ranks.set(line, 4, (before = 0) => {
      if (rank > before) displays.set(line.text(4), line.text(7))
      return Math.max(rank, before)
    })
  }
  const describe = describing(sets)
  const read = (rows: Rows) => (told: TabLine) => {
    const { number: line } = told
    const [code, spoken, type, value] = [told.text(4), told.text(5), told.text(6), told.text(7)]
    const place = of.get(told, 0) ?? 0
    const standing = standings[place]
    if (standing === undefined) return
    const language = standing.spoken(spoken)
    rows.designation({
      code,
      language,
      use: uses.get(type) ?? useOf(type),
      value,
      description: describe(place, told),
      line,
    })
    if (!isActive(told)) return
    consider(told, rankOf(type, standing))
    if (type !== metadata.synonym) return
    for (const tag of standing.preferredIn) {
      rows.designation({ code, language: tag, use: preferredUse, value, line })
    }
  }
  for (const files of kinds) await readLatest(files, load, read)
  ranks.close()
  of.close()
  return displays
}

/** Of a term, to be the display of its concept; 0: never. */
function rankOf(type: string, { rank }: Standing): number {
  return type === metadata.synonym ? rank : type === metadata.fullySpecifiedName ? 1 : 0
}

type Described = DesignationRow['description']
type OwnKind = Required<DescriptionKind>

/** Of a row, and the place of what language reference sets say of it. */
function describing(sets: Acceptance['sets']): (place: number, line: TabLine) => Described {
  /** By place, the few that there are: compared faster than looked up by a text that would have to be made. */
  const kinds: OwnKind[][] = sets.map(() => [])
  const said = sets.map(accepted =>
    accepted.map(({ refset, preferred }) => ({
      refset,
      acceptability: preferred ? metadata.preferred : metadata.acceptable,
    })),
  )
  const newKind = (place: number, line: TabLine): OwnKind => {
    const [moduleId, language, type] = [line.text(3), line.text(5), line.text(6)]
    const kind = { active: isActive(line), type, language, moduleId, dialects: said[place] ?? [] }
    kinds[place]?.push(kind)
    return kind
  }
  return (place, line) => {
    const id = line.text(0)
    if (id.length > longestId) return undefined
    const active = isActive(line)
    const known = kinds[place]?.find(
      kind => kind.active === active && line.is(6, kind.type) && line.is(3, kind.moduleId) && line.is(5, kind.language),
    )
    return { id, effectiveTime: line.text(1), kind: known ?? newKind(place, line) }
  }
}

/** A UUID is none of a description. */
const longestId = 18

/** What follows from what is said of a description; a handful for millions. */
type Standing = {
  /** Of a synonym; the highest of a concept is its display. */
  readonly rank: number
  /** The dialects, besides that of displays, that would show this term. */
  readonly preferredIn: readonly string[]
  /** With the region where other dialects of the language do not know the term: `en-GB` for oedema, `en` for heart. */
  readonly spoken: (language: string) => string
}

function standingOf(accepted: readonly Accepted[], refsets: ReadonlySet<string>, chosen: string | undefined): Standing {
  const preferred = accepted.filter(each => each.preferred).map(({ refset }) => refset)
  const rank = preferred.length === 0 ? 2 : chosen !== undefined && preferred.includes(chosen) ? 4 : 3
  const tags = (list: Iterable<string>): string[] => [...list].map(refset => languages.get(refset) ?? '')
  const known = new Map<string, string>()
  const speak = (language: string): string => {
    const ofLanguage = (list: readonly string[]): string[] => list.filter(tag => tag.startsWith(`${language}-`))
    const [only, ...more] = ofLanguage(tags(accepted.map(({ refset }) => refset)))
    return only === undefined || more.length > 0 || ofLanguage(tags(refsets)).length < 2 ? language : only
  }
  return {
    rank,
    preferredIn: tags(preferred.filter(refset => refset !== chosen)).filter(tag => tag !== ''),
    spoken: language => {
      const tag = known.get(language) ?? speak(language)
      known.set(language, tag)
      return tag
    },
  }
}

function useOf(code: string): Use {
  return { system, code }
}
