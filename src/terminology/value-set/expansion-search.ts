/** The members that a text leads to. https://hl7.org/fhir/R4/valueset-operation-expand.html: parameter `filter` */
import { fail } from '../../fhir/issue.ts'
import { type Text, textIndexOf } from '../resource/text-index.ts'
import type { Run } from './clause.ts'
import type { ConceptReference } from './definition.ts'
import { isOpen, type Member, memberOf } from './member.ts'
import type { Members } from './membership.ts'

export type Page = { readonly members: readonly Member[]; readonly total: number | undefined }

/** How many matches of a text are counted: beyond, the answer has no total. To count a thousand costs four times what a page costs. */
const mostRanked = 100

/** A match; what it is called is only read when it is shown. */
type Hit = () => Member

/** Code systems in the order of the includes, in each the best match first; then what value sets call their members. */
export function found(runs: readonly Run[], members: Members, filter: string, wanted: number): readonly Hit[] {
  const most = Math.max(wanted, mostRanked) + 1
  const result = runs.flatMap(run => foundIn(run, members, filter, most))
  if (result.length === 0) for (const run of runs) refuseGrammar(run, members)
  return result
}

export function pageOf(result: readonly Hit[], offset: number, wanted: number): Page {
  const most = Math.max(wanted, mostRanked) + 1
  return {
    members: result.slice(offset, wanted).map(hit => hit()),
    total: result.length >= most ? undefined : result.length,
  }
}

function foundIn(run: Run, members: Members, filter: string, most: number): readonly Hit[] {
  const { part } = run
  const { system, listed: within } = part
  const hits = new Set(system?.search(filter, { within, most }) ?? [])
  const result = Array.from(
    hits,
    (concept): Hit =>
      () => ({
        selection: part,
        code: system?.code(concept) ?? '',
        concept,
      }),
  )
  const mentions = members.mentions.get(part.url)
  for (const code of mentions === undefined ? [] : mentionsOf(mentions)(filter, most)) {
    const member = memberOf(part, code)
    const isKnown = member?.concept !== undefined && hits.has(member.concept)
    if (member !== undefined && !isKnown) result.push(() => member)
  }
  return result
}

type Mentions = ReadonlyMap<string, ConceptReference>
type Find = (text: string, most: number) => readonly string[]

/** Of mentions that do not change: the first search makes an index, for all that follow. */
const indexes = new WeakMap<Mentions, Find>()

function mentionsOf(mentions: Mentions): Find {
  const known = indexes.get(mentions) ?? indexOf(mentions)
  indexes.set(mentions, known)
  return known
}

function indexOf(mentions: Mentions): Find {
  const codes = [...mentions.keys()]
  const index = textIndexOf(codes.keys(), at => textsOf(mentions.get(codes[at] ?? '')))
  return (text, most) => index.search(text, { most }).map(at => codes[at] ?? '')
}

/** The code, where nothing else may know it by that. */
function textsOf(mention: ConceptReference | undefined): readonly Text[] {
  if (mention === undefined) return []
  const { code, display, designations } = mention
  return [...(display === undefined ? [] : [{ value: display }]), { value: code }, ...designations]
}

/** Whatever page is asked for: a grammar has no first code. */
export function refuseGrammar(run: Run, { definition }: Members): void {
  const { system } = run.part
  if (!isOpen(run) || system?.grammar === undefined) return
  const text = `The value set '${definition.canonical}' cannot be expanded: the codes of '${system.facts.url}' are made by a grammar, so there is no end of them`
  throw fail('too-costly', text, undefined, { status: 422 })
}
