/** $expand: a value set as a list. https://hl7.org/fhir/R4/valueset-operation-expand.html */
import { fail } from '../../fhir/issue.ts'
import type { Json, JsonObject } from '../../fhir/resource.ts'
import type { PropertyDefinition } from '../code-system.ts'
import { ConceptSet } from '../concept-set.ts'
import { objectsOf } from '../element.ts'
import type { Run } from './clause.ts'
import { supplementExtension } from './definition.ts'
import { type ExpandRequest, isExcluded } from './expand-request.ts'
import { carried, standardUris } from './expansion-extensions.ts'
import { itemOf, propertyExtension as itemProperty } from './expansion-item.ts'
import { parametersOf } from './expansion-parameters.ts'
import { found, type Page, pageOf, refuseGrammar } from './expansion-search.ts'
import { nested } from './expansion-tree.ts'
import { isOpen, type Member, membersIn, sizeOf } from './member.ts'
import type { Members } from './membership.ts'
import { hasCode, type Selection, withoutInactive } from './selection.ts'
import { refusal } from './tx-issue.ts'

export type ExpandWith = {
  readonly identifier: string
  readonly timestamp: string
  /** Codes in an answer that asks for no count. */
  readonly limit: number
}

export const usualLimit = 10_000

const unclosed = 'http://hl7.org/fhir/StructureDefinition/valueset-unclosed'

/** Throws where the value set cannot be listed, or would be longer than the limit. */
export function expand(
  members: Members,
  given: ExpandRequest,
  { identifier, timestamp, limit }: ExpandWith,
): JsonObject {
  if (members.faults.length > 0) throw refusal(members.faults)
  const request = withOwnProperties(given, members)
  for (const name of ['offset', 'count'] as const) checkCount(name, request[name])
  const runs = members.runs.map(run => narrowed(run, request)).filter(run => run !== undefined)
  const { total, members: page } = pageFor(members, runs, request, limit)
  const contains = itemsOf(members, page, request)
  const isPaged = request.offset !== undefined || request.count !== undefined
  const extension = [
    ...(runs.some(isOpen) ? [{ url: unclosed, valueBoolean: true }] : []),
    ...propertiesOf(runs, request, contains),
  ]
  const expansion: JsonObject = {
    ...(extension.length === 0 ? {} : { extension }),
    identifier,
    timestamp,
    ...(total === undefined ? {} : { total }),
    ...(isPaged ? { offset: request.offset ?? 0 } : {}),
    parameter: parametersOf(members, request),
    ...(contains.length === 0 ? {} : { contains }),
  }
  return { ...headOf(members, request), expansion }
}

/** "A property to return in the expansion, if the client doesn't ask for any particular properties": by its code or its URI. */
function withOwnProperties(request: ExpandRequest, { definition, runs }: Members): ExpandRequest {
  if (definition.properties.length === 0 || (request.properties ?? []).length > 0) return request
  const known = runs.flatMap(run => run.part.system?.facts.properties ?? [])
  const properties = definition.properties.map(name => known.find(({ uri }) => uri === name)?.code ?? name)
  return { ...request, properties }
}

/** The properties that its codes carry: an element of R5. https://hl7.org/fhir/R5/versions.html#extensions */
const propertyExtension = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-ValueSet.expansion.property'

function propertiesOf(
  runs: readonly Run[],
  { properties = [] }: ExpandRequest,
  contains: readonly JsonObject[],
): readonly JsonObject[] {
  const known = runs.flatMap(run => run.part.system?.facts.properties ?? [])
  const found = carried(itemProperty, contains)
  const own = Object.entries(standardUris)
    .filter(([code]) => found.has(code))
    .map(([code, uri]) => ({ code, uri }))
  const wanted = known.filter(({ code }) => properties.includes(code) || properties.includes('*'))
  const told: readonly Pick<PropertyDefinition, 'code' | 'uri'>[] = [...own, ...wanted]
  return [...new Map(told.map(property => [property.code, property])).values()].map(({ code, uri }) => ({
    url: propertyExtension,
    extension: [{ url: 'code', valueCode: code }, ...(uri === undefined ? [] : [{ url: 'uri', valueUri: uri }])],
  }))
}

function pageFor(members: Members, runs: readonly Run[], request: ExpandRequest, limit: number): Page {
  const { offset = 0, count, filter = '' } = request
  const most = count ?? limit + 1
  const wanted = offset + most
  const page =
    filter === '' ? listed(runs, members, offset, most) : pageOf(found(runs, members, filter, wanted), offset, wanted)
  if (count === undefined && (page.total ?? Number.POSITIVE_INFINITY) > limit)
    throw tooCostly(members, page.total, limit)
  return { ...page, members: page.members.slice(0, most) }
}

function itemsOf(members: Members, page: readonly Member[], request: ExpandRequest): readonly JsonObject[] {
  const toItem = (member: Member): JsonObject => itemOf(member, members, request)
  const isPart = Boolean(request.filter) || request.offset !== undefined || request.count !== undefined
  const isNested = !isPart && !(request.excludeNested ?? !isOfOneWhole(members))
  return (isNested ? nested(members, page, toItem) : undefined) ?? page.map(toItem)
}

/** A code system as it stands: who does not say how it is to be told expects it with its hierarchy. */
function isOfOneWhole({ definition: { include, exclude } }: Members): boolean {
  const [only, ...others] = include
  if (only === undefined || others.length + exclude.length + only.valueSets.length > 0) return false
  return only.concepts === undefined && only.filters.length === 0
}

function checkCount(name: 'offset' | 'count', value: number | undefined): void {
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 0)) {
    throw fail('value', `${name} must be 0 or more, not ${value}`, name)
  }
}

function narrowed(run: Run, request: ExpandRequest): Run | undefined {
  const { url, version } = run.part
  if (isExcluded(url, version, request.excludeSystems)) return undefined
  const { activeOnly = false, excludeNotForUI = false } = request
  if (!activeOnly && !excludeNotForUI) return run
  const key = `${activeOnly} ${excludeNotForUI}`
  const known = narrower.get(run)?.get(key) ?? narrowedBy(run, activeOnly, excludeNotForUI)
  narrower.set(run, (narrower.get(run) ?? new Map<string, Run>()).set(key, known))
  return known
}

/** Of runs that do not change, so that the pages of a list cost as much as the page. */
const narrower = new WeakMap<Run, Map<string, Run>>()

function narrowedBy(run: Run, activeOnly: boolean, excludeNotForUI: boolean): Run {
  const active = activeOnly ? withoutInactive(run.part) : run.part
  const part = excludeNotForUI ? withoutAbstract(active) : active
  return { part, order: run.order?.filter(code => hasCode(part, code)) }
}

function withoutAbstract(part: Selection): Selection {
  const { system, listed } = part
  if (system === undefined) return part
  return {
    ...part,
    listed: ConceptSet.of(
      system.size,
      Iterator.from(listed).filter(concept => !system.abstract(concept)),
    ),
  }
}

function listed(runs: readonly Run[], members: Members, offset: number, most: number): Page {
  for (const run of runs) refuseGrammar(run, members)
  const page: Member[] = []
  let before = offset
  for (const run of runs) {
    const size = sizeOf(run)
    if (before >= size) {
      before -= size
      continue
    }
    page.push(
      ...membersIn(run)
        .drop(before)
        .take(most - page.length),
    )
    before = 0
    if (page.length >= most) break
  }
  return { members: page, total: runs.reduce((total, run) => total + sizeOf(run), 0) }
}

function tooCostly(members: Members, total: number | undefined, limit: number): ReturnType<typeof fail> {
  const size = total === undefined ? 'more codes than can be counted' : `${total} codes`
  const text = `The value set '${members.definition.canonical}' expansion has ${size}, which is too many to display (>${limit})`
  return fail('too-costly', `${text}; ask for a page with count and offset, or narrow it down with filter`, undefined, {
    status: 422,
  })
}

const neverTold = new Set(['expansion', 'text'])
const ofDefinition = new Set(['compose', 'contained', 'description', 'purpose'])

/** The value set itself; what it is made of, and why, only on request. */
function headOf({ definition }: Members, { includeDefinition = false }: ExpandRequest): JsonObject {
  const head: Record<string, Json> = {}
  for (const [name, value] of Object.entries(definition.resource)) {
    if (value === undefined || neverTold.has(name) || (ofDefinition.has(name) && !includeDefinition)) continue
    head[name] = value
  }
  return includeDefinition ? head : withoutSupplements(head)
}

/** Which supplements it wants is part of its definition, too: those that were used are told as parameters. */
function withoutSupplements(head: JsonObject): JsonObject {
  if (head['extension'] === undefined) return head
  const { extension: _, ...rest } = head
  const others = objectsOf(head, 'extension').filter(({ url }) => url !== supplementExtension)
  return others.length === 0 ? rest : { ...rest, extension: others }
}
