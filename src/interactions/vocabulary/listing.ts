/** All codes of a value set, for searches. https://hl7.org/fhir/R4/search.html#token */
import { fail } from '../../fhir/issue.ts'
import type { JsonObject } from '../../fhir/resource.ts'
import type { Code } from '../../search/plan.ts'
import { mostCodes } from '../../search/plan-codes.ts'
import type { CodeSystem } from '../../terminology/code-system.ts'
import { isOpen, membersIn, sizeOf } from '../../terminology/value-set/member.ts'
import type { Members, Memberships } from '../../terminology/value-set/membership.ts'
import type { Selection } from '../../terminology/value-set/selection.ts'
import { plain } from './bindings.ts'

export type List = (memberships: Memberships, valueSet: JsonObject) => readonly Code[]

const remembered = 200_000 // codes in all: some 20 MB
const beside = 1_000 // codes that the value set itself takes as much memory as, whatever it lists: some 100 KB of bits

/** Those asked for last are kept: to read 50,000 codes from a file takes a tenth of a second. */
export function openListing(): List {
  const known = new Map<Members, readonly Code[]>()
  let total = 0
  return (memberships, valueSet) => {
    const members = memberships.of(valueSet, plain)
    const before = known.get(members)
    const codes = before ?? listed(members)
    known.delete(members)
    known.set(members, codes)
    if (before === undefined) total += codes.length + beside
    for (const [oldest, { length }] of known) {
      if (total <= remembered) break
      known.delete(oldest)
      total -= length + beside
    }
    return codes
  }
}

function listed({ runs, faults, definition }: Members): readonly Code[] {
  const { canonical } = definition
  const [fault] = faults
  if (fault !== undefined) throw unlistable(`the value set ${canonical}`, fault.diagnostics)
  for (const run of runs) {
    const reason = isOpen(run) ? whyOpen(run.part) : undefined
    if (reason !== undefined) throw unlistable(`the value set ${canonical}`, reason)
  }
  const count = runs.reduce((sum, run) => sum + sizeOf(run), 0)
  mustBeFew(`the value set ${canonical}`, count)
  return runs.flatMap(run => [...membersIn(run)].map(({ selection, code }) => ({ system: selection.url, code })))
}

/** Codes that are there beside those that are listed. Of an example, those listed are what it has. */
function whyOpen({ url, system }: Selection): string | undefined {
  return system?.grammar === undefined ? whyPartial(system) : `a grammar makes the codes of ${url}, without end`
}

function whyPartial(system: CodeSystem | undefined): string | undefined {
  const { content, url } = system?.facts ?? {}
  return content === 'fragment' ? `only a fragment of ${url} is known here, expected the whole code system` : undefined
}

function unlistable(what: string, reason: string) {
  const text = `${what} cannot be told in full, so nothing can be searched by it: ${reason}`
  return fail('not-supported', text, undefined, { status: 400 })
}

/** The code and all below or above it. */
export function family(is: 'above' | 'below', system: CodeSystem, code: string): readonly Code[] {
  const { url } = system.facts
  const reason = whyPartial(system)
  if (reason !== undefined) throw unlistable(`what is ${is} '${code}'`, reason)
  const concept = system.find(code)
  if (concept === undefined) return [{ system: url, code }]
  const others = is === 'below' ? system.descendants(concept) : system.ancestors(concept)
  mustBeFew(`what is ${is} '${code}' in ${url}`, others.count + 1)
  return [concept, ...others].map(each => ({ system: url, code: system.code(each) }))
}

function mustBeFew(what: string, count: number): void {
  if (count > mostCodes) throw fail('too-costly', `${what} has ${count} codes: expected at most ${mostCodes}`)
}
