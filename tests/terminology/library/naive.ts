/** What a code system answers, worked out from its rows without any index, for comparing. */
import { fold } from '../../../src/search/values/fold.ts'
import type {
  ConceptRow,
  DesignationRow,
  EdgeRow,
  MemberRow,
  PropertyRow,
  RelationRow,
} from '../../../src/terminology/library/row.ts'

export type Rows = {
  readonly concepts: readonly ConceptRow[]
  readonly designations: readonly DesignationRow[]
  readonly properties: readonly PropertyRow[]
  readonly edges: readonly EdgeRow[]
  readonly relations: readonly RelationRow[]
  readonly members: readonly MemberRow[]
}

/** Of those whose codes are all known; edges that are told twice are one, those left out are none. */
export function known({ concepts, designations, properties, edges, relations, members }: Rows, without: Set<string>) {
  const first = concepts.filter(({ code }, at) => code !== '' && concepts.findIndex(one => one.code === code) === at)
  const codes = new Set(first.map(({ code }) => code))
  const are = (...all: readonly string[]): boolean => all.every(code => codes.has(code))
  const pairs = new Set(edges.filter(({ child, parent }) => are(child, parent)).map(e => `${e.child} ${e.parent}`))
  return {
    concepts: first,
    designations: designations.filter(({ code }) => are(code)),
    properties: properties.filter(({ code }) => are(code)),
    edges: [...pairs.difference(without)].map(pair => {
      const [child = '', parent = ''] = pair.split(' ')
      return { child, parent }
    }),
    relations: relations.filter(
      ({ source, type, value }) => are(source, type) && (typeof value === 'string' || are(value.code)),
    ),
    members: members.filter(({ refset, member }) => are(refset, member)),
  }
}

/** Everything above a code, without itself; of a circle, itself too. */
export function above(edges: Rows['edges'], code: string): Set<string> {
  const found = new Set<string>()
  const open = [code]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { child, parent } of edges) {
      if (child !== next || found.has(parent)) continue
      found.add(parent)
      open.push(parent)
    }
  }
  return found
}

type Term = { readonly code: string; readonly words: readonly string[]; readonly letters: number; readonly at: number }

/** Whole words before beginnings; then the shorter; then the active; then in the order of the system. */
export function searched(
  { concepts, designations }: Pick<Rows, 'concepts' | 'designations'>,
  text: string,
  { within, language, most }: { within?: Set<string>; language?: string; most: number },
): string[] {
  const wanted = wordsOf(text)
  const asked = concepts.some(({ code }) => code === text.trim()) ? [text.trim()] : []
  const terms = concepts.flatMap(({ code, display, inactive }, at): Term[] => {
    const own = designations.filter(one => one.code === code && speaks(one.language, language))
    const texts = [...(display === undefined ? [] : [display]), ...own.map(({ value }) => value)]
    return texts.map(value => {
      const words = wordsOf(value)
      return { code, words, letters: words.join(' ').length * 2 + (inactive ? 1 : 0), at }
    })
  })
  terms.sort((a, b) => a.letters - b.letters || a.at - b.at)
  const having = (fits: (word: string, wanted: string) => boolean): string[] =>
    wanted.length === 0
      ? []
      : terms.filter(({ words }) => wanted.every(one => words.some(word => fits(word, one)))).map(({ code }) => code)
  const found = [
    ...asked,
    ...having((word, one) => word === one),
    ...having((word, one) => word.startsWith(one)),
  ].filter(code => within?.has(code) ?? true)
  return [...new Set(found)].slice(0, most)
}

function wordsOf(text: string): string[] {
  return fold(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '')
}

function speaks(tag: string | undefined, wanted: string | undefined): boolean {
  return tag === undefined || wanted === undefined || tag.split('-')[0] === wanted.split('-')[0]
}
