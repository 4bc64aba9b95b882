/** Descriptions of RF2: which is the display of its concept, and what language reference sets say of the others. */
import type { DescriptionKind } from '../code-system.ts'
import { dialects } from '../ecl/dialects.ts'
import { metadata } from '../ecl/metadata.ts'
import type { DesignationRow, Use } from '../library/row.ts'
import type { Load } from './format.ts'
import { type IdTable, idTable } from './id-table.ts'
import { isActive, type Rf2File, readLatest } from './rf2-file.ts'
import type { Rows } from './sink.ts'

const system = 'http://snomed.info/sct'

const uses: Readonly<Record<string, Use>> = {
  [metadata.fullySpecifiedName]: { system, code: metadata.fullySpecifiedName, display: 'Fully specified name' },
  [metadata.synonym]: { system, code: metadata.synonym, display: 'Synonym' },
  [metadata.definition]: { system, code: metadata.definition, display: 'Definition' },
}

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

/** What language reference sets say, by description: the place of one of the few sets of what they say. */
export type Acceptance = { readonly of: IdTable; readonly sets: readonly (readonly Accepted[])[] }
type Accepted = { readonly refset: string; readonly preferred: boolean }

export async function readAcceptance(files: readonly Rf2File[], load: Load): Promise<Acceptance> {
  const of = idTable()
  const sets: (readonly Accepted[])[] = [[]]
  /** From each set, where one more word leads, whether it is preferred or not. */
  const next: Record<'preferred' | 'acceptable', Map<string, number>>[] = [nowhere()]
  const join = (before: number, refset: string, preferred: boolean): number => {
    const leads = next[before]?.[preferred ? 'preferred' : 'acceptable']
    const known = leads?.get(refset)
    if (known !== undefined) return known
    const place = sets.push([...(sets[before] ?? []), { refset, preferred }]) - 1
    next.push(nowhere())
    leads?.set(refset, place)
    return place
  }
  await readLatest(files, load, () => fields => {
    if (!isActive(fields)) return
    const description = fields[5] ?? ''
    of.set(description, join(of.get(description) ?? 0, fields[4] ?? '', fields[6] === metadata.preferred))
  })
  return { of, sets }
}

function nowhere(): Record<'preferred' | 'acceptable', Map<string, number>> {
  return { preferred: new Map(), acceptable: new Map() }
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
  const consider = (code: string, value: string, rank: number): void => {
    if (rank <= (ranks.get(code) ?? 0)) return
    ranks.set(code, rank)
    displays.set(detached(code), detached(value))
  }
  const describe = describing(sets)
  const read = (rows: Rows) => (fields: readonly string[], line: number) => {
    const [id = '', code = '', spoken = '', type = '', value = ''] = [fields[0], ...fields.slice(4, 8)]
    const place = of.get(id) ?? 0
    const standing = standings[place]
    if (standing === undefined) return
    const language = standing.spoken(spoken)
    rows.designation({
      code,
      language,
      use: uses[type] ?? useOf(type),
      value,
      description: describe(place, fields),
      line,
    })
    if (!isActive(fields)) return
    consider(code, value, rankOf(type, standing))
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

/** Of a row, and the place of what language reference sets say of it. */
function describing(sets: Acceptance['sets']): (place: number, fields: readonly string[]) => Described {
  /** By place, the few that there are: compared faster than looked up by a text that would have to be made. */
  const kinds: DescriptionKind[][] = sets.map(() => [])
  const said = sets.map(accepted =>
    accepted.map(({ refset, preferred }) => ({
      refset: detached(refset),
      acceptability: preferred ? metadata.preferred : metadata.acceptable,
    })),
  )
  const newKind = (place: number, fields: readonly string[]): DescriptionKind => {
    const [moduleId = '', , language = '', type = ''] = fields.slice(3, 7).map(detached)
    const kind = { active: isActive(fields), type, language, moduleId, dialects: said[place] ?? [] }
    kinds[place]?.push(kind)
    return kind
  }
  return (place, fields) => {
    const [id = '', effectiveTime = '', , moduleId, , language, type] = fields
    if (id.length > longestId) return undefined
    const active = isActive(fields)
    const known = kinds[place]?.find(
      kind => kind.type === type && kind.active === active && kind.moduleId === moduleId && kind.language === language,
    )
    return { id, effectiveTime, kind: known ?? newKind(place, fields) }
  }
}

/** A UUID is none of a description. */
const longestId = 18

/** A copy: a piece of a text keeps all of it, and here all of the file, in memory. */
function detached(text: string): string {
  return Buffer.from(text).toString()
}

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
