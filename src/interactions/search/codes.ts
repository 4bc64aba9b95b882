/**
 * Value sets and hierarchies as far as the resources that are stored here enumerate them, for `:in`, `:above` and `:below`.
 * https://hl7.org/fhir/R4/valueset.html#compositions
 */
import { fail } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { parseReference } from '../../fhir/reference.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'
import { caselessSlot } from '../../search/caseless.ts'
import { and, type Node } from '../../search/node.ts'
import type { Code, Codes } from '../../search/plan.ts'
import { versioned } from '../../search/questions/uri.ts'
import { parseCanonical } from '../../search/values/canonical.ts'
import { listOf, textOf } from '../../search/values/member.ts'
import type { Store } from '../../store/port.ts'
import { closure, filtered, type Hierarchy, hierarchy, objects } from './hierarchy.ts'

export type CodesNeeds = {
  readonly store: Pick<Store, 'search' | 'count'>
  readonly tenant: string
  /** The URL of this server as the tenant's clients see it. */
  readonly base: string
  readonly restrict: (type: string) => Node
  /** ms */
  readonly budget: number
}

const most = 10_000 // codes of one question: what a store can still compare in one go

export function codesIn(needs: CodesNeeds): Codes {
  const shelf: Shelf = {
    valueSet: async url => (await literal(needs, url)) ?? find(needs, 'ValueSet', url),
    async tree(system) {
      const found = await find(needs, 'CodeSystem', system)
      return found && found['content'] !== 'supplement' ? hierarchy(found) : undefined
    },
  }
  return {
    valueSet: url => enumerate(shelf, url, []),
    async hierarchy(is, { system, code }) {
      const tree = system === undefined ? undefined : await shelf.tree(system)
      if (tree === undefined) return undefined
      const codes = closure(is === 'below' ? tree.children : tree.parents, code)
      return bounded([...codes].map(each => ({ system, code: each })))
    },
    caseless: system => isCaseless(needs, system),
  }
}

/** Asked of the index alone: the text of a code system may have many megabytes. */
async function isCaseless({ store, tenant, restrict, budget }: CodesNeeds, system: string): Promise<boolean> {
  const where = and([restrict('CodeSystem'), { is: 'term', slot: caselessSlot, texts: [system] }])
  return (await store.count({ tenant, type: 'CodeSystem', where, budget })) > 0
}

/** What is stored here. */
type Shelf = {
  readonly valueSet: (url: string) => Promise<JsonObject | undefined>
  readonly tree: (system: string) => Promise<Hierarchy | undefined>
}

/** "If the server can treat the reference as a literal URL, it does, else it tries to match known logical ValueSet.url values." */
async function literal(needs: CodesNeeds, url: string): Promise<JsonObject | undefined> {
  const parsed = parseReference(url, needs.base)
  if (parsed.kind !== 'local' || parsed.type !== 'ValueSet' || parsed.version !== undefined) return undefined
  return newest(needs, 'ValueSet', { is: 'id', ids: [parsed.id] })
}

/** The newest of those with this canonical URL, `url` or `url|version`. */
async function find(
  needs: CodesNeeds,
  type: 'ValueSet' | 'CodeSystem',
  canonical: string,
): Promise<JsonObject | undefined> {
  const { url, version } = parseCanonical(canonical) ?? { url: canonical }
  return newest(
    needs,
    type,
    version === undefined ? { is: 'term', slot: 'url', texts: [url] } : versioned([url], version),
  )
}

async function newest(
  { store, tenant, restrict, budget }: CodesNeeds,
  type: 'ValueSet' | 'CodeSystem',
  named: Node,
): Promise<JsonObject | undefined> {
  const where = and([restrict(type), named])
  const sort = [{ by: 'updated', descending: true }] as const
  const { matches } = await store.search({ tenant, type, where, sort, limit: 1, budget })
  const json = matches[0]?.version.json
  const found = json === undefined ? undefined : parseJson(json)
  return isObject(found) ? found : undefined
}

/** `undefined`: the value set is not known, or not all of it. `within`: those that led here, so that circles end. */
async function enumerate(shelf: Shelf, url: string, within: readonly string[]): Promise<readonly Code[] | undefined> {
  if (within.includes(url)) return undefined
  const found = await shelf.valueSet(url)
  if (found === undefined) return undefined
  return (await composed(shelf, found['compose'], [...within, url])) ?? expanded(found['expansion'])
}

async function composed(
  shelf: Shelf,
  compose: Json | undefined,
  within: readonly string[],
): Promise<readonly Code[] | undefined> {
  if (!isObject(compose)) return undefined
  const codesOf = (name: string) => Promise.all(objects(compose[name]).map(part => partOf(shelf, part, within)))
  const [included, excluded] = [await codesOf('include'), await codesOf('exclude')]
  if (included.includes(undefined) || excluded.includes(undefined)) return undefined
  const out = new Set(excluded.flatMap(codes => codes?.map(keyOf) ?? []))
  return bounded(included.flatMap(codes => codes ?? []).filter(code => !out.has(keyOf(code))))
}

/** Codes of its system that are in all of its value sets, too. */
async function partOf(shelf: Shelf, part: JsonObject, within: readonly string[]): Promise<readonly Code[] | undefined> {
  const urls = listOf(part['valueSet']).flatMap(url => textOf(url) ?? [])
  const sets = await Promise.all(urls.map(url => enumerate(shelf, url, within)))
  const system = textOf(part['system'])
  const [first, ...others] = system === undefined ? sets : [await codesOf(shelf, system, part), ...sets]
  if (first === undefined || others.includes(undefined)) return undefined
  const keys = others.map(codes => new Set(codes?.map(keyOf)))
  return first.filter(code => keys.every(of => of.has(keyOf(code))))
}

/** Those that are listed, or those that pass the filters, or all. */
async function codesOf(shelf: Shelf, system: string, part: JsonObject): Promise<readonly Code[] | undefined> {
  const listed = objects(part['concept']).flatMap(concept => codeOf(system, concept))
  if (listed.length > 0) return listed
  const tree = await shelf.tree(system)
  if (tree === undefined) return undefined
  const passing = objects(part['filter']).map(filter => filtered(tree, filter))
  if (passing.includes(undefined)) return undefined
  return [...tree.codes].filter(code => passing.every(of => of?.has(code))).map(code => ({ system, code }))
}

function expanded(expansion: Json | undefined): readonly Code[] | undefined {
  return isObject(expansion) ? bounded([...contained(expansion['contains'])]) : undefined
}

function* contained(contains: Json | undefined): Generator<Code> {
  for (const item of objects(contains)) {
    if (item['abstract'] !== true) yield* codeOf(textOf(item['system']), item)
    yield* contained(item['contains'])
  }
}

function keyOf({ system, code }: Code): string {
  return `${system ?? ''}|${code}`
}

function codeOf(system: string | undefined, concept: JsonObject): readonly Code[] {
  const code = textOf(concept['code'])
  return code === undefined ? [] : [{ system, code }]
}

function bounded(codes: readonly Code[]): readonly Code[] {
  if (codes.length <= most) return codes
  throw fail('too-costly', `the value set or hierarchy has ${codes.length} codes: expected at most ${most}`)
}
