/** From resources to those that they refer to, and to those that refer to them. https://hl7.org/fhir/R4/search.html#include */
import { parseJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import { plainType } from '../../search/contained.ts'
import { type Node, none, or } from '../../search/node.ts'
import type { SearchParameter } from '../../search/parameters.ts'
import type { Include } from '../../search/query.ts'
import { citing } from '../../search/questions/reference.ts'
import { versioned } from '../../search/questions/uri.ts'
import type { Canonical } from '../../search/values/canonical.ts'
import { textOf } from '../../search/values/member.ts'
import type { ReferenceValue } from '../../search/values/reference.ts'
import type { Version } from '../../store/port.ts'
import type { Context } from '../interaction.ts'

/** What to read, by type. `at`: of each id, in these versions; absent: as it stands. */
export type Links = readonly {
  readonly type: string
  readonly where: Node
  readonly at?: ReadonlyMap<string, readonly number[]>
}[]

const batch = 500 // names per question to the store

/** What these refer to. `base` as the tenant's clients see it. */
export function targets(ctx: Context, base: string, wishes: readonly Include[], from: readonly Version[]): Links {
  const wanted = from.flatMap(version => leads(ctx, base, wishes, version))
  const byType = Map.groupBy(wanted, ({ type }) => type)
  return [...byType].flatMap(([type, of]) => {
    const ids = [...new Set(of.flatMap(({ id, at }) => (at === undefined ? (id ?? []) : [])))]
    const at = versionsOf(of)
    const urls = new Map(of.flatMap(({ url, version }) => (url ? [[`${url}|${version}`, named(url, version)]] : [])))
    return [
      ...batches(ids).map(some => ({ type, where: { is: 'id', ids: some } as const })),
      ...batches([...at.keys()]).map(some => ({ type, where: { is: 'id', ids: some } as const, at })),
      ...batches([...urls.values()]).map(some => ({ type, where: or(some) })),
    ]
  })
}

function versionsOf(leads: readonly Lead[]): ReadonlyMap<string, readonly number[]> {
  const versioned = leads.filter(({ id, at }) => id !== undefined && at !== undefined)
  const byId = Map.groupBy(versioned, ({ id = '' }) => id)
  return new Map([...byId].map(([id, of]) => [id, [...new Set(of.flatMap(({ at }) => at ?? []))]]))
}

/** One resource that is referred to, by id, perhaps in the version `at`, or by canonical URL. */
type Lead = {
  readonly type: string
  readonly id?: string
  readonly at?: number
  readonly url?: string
  readonly version?: string
}

function leads(
  { search, shapes }: Context,
  base: string,
  wishes: readonly Include[],
  version: Version,
): readonly Lead[] {
  const from = plainType(version.type)
  const wanted = wishes.filter(({ source }) => source === undefined || source === from)
  if (wanted.length === 0) return []
  const values = search.values(parse(version), base)
  const isCanonical = (type: string): boolean => shapes.shape(type)?.elements.has('url') ?? false
  return wanted
    .flatMap(wish => followed(search, wish, from))
    .flatMap(by => (values.get(by.parameter.code) ?? []).flatMap(value => leadsOf(value, by)))
    .filter(({ type, url }) => url === undefined || isCanonical(type))
}

function leadsOf(value: ReferenceValue | { readonly type: string }, { parameter, target }: Followed): readonly Lead[] {
  if (!('by' in value)) return []
  const isWanted = (type: string): boolean => target === undefined || target === type
  if (value.by === 'id') return isWanted(value.target) ? byId(value) : []
  if (value.by !== 'canonical') return []
  const { url, version } = value
  const types = (parameter.target ?? []).filter(isWanted)
  return types.map(type => ({ type, url, ...(version === undefined ? {} : { version }) }))
}

/** "If a resource has a reference that is versioned … the specified version SHOULD be provided." What no version is called, is none. */
function byId({ target: type, id, version }: Extract<ReferenceValue, { by: 'id' }>): readonly Lead[] {
  if (version === undefined) return [{ type, id }]
  return /^[1-9]\d{0,14}$/.test(version) ? [{ type, id, at: Number(version) }] : []
}

function named(url: string, version: string | undefined): Node {
  return version === undefined ? { is: 'term', slot: 'url', texts: [url] } : versioned([url], version)
}

/** What refers to these. `present`: the types that there are. */
export function sources(
  ctx: Context,
  wishes: readonly Include[],
  to: readonly Version[],
  present: readonly string[],
): Links {
  const names = to.map(version => ({
    type: version.type,
    text: `${version.type}/${version.id}`,
    ...calledBy(ctx, version),
  }))
  return wishes.flatMap(wish =>
    (wish.source === undefined ? present : [wish.source]).flatMap(type => {
      const by = followed(ctx.search, wish, type)
      return batches(names).map(some => ({ type, where: or(by.map(each => refersTo(each, some))) }))
    }),
  )
}

/** By what others refer to it. */
type Named = { readonly type: string; readonly text: string; readonly canonical?: Canonical }

function refersTo({ parameter, target }: Followed, to: readonly Named[]): Node {
  const may = (type: string): boolean =>
    target === undefined ? (parameter.target?.includes(type) ?? true) : target === type
  const meant = to.filter(({ type }) => may(plainType(type)))
  if (meant.length === 0) return none
  const { code: slot } = parameter
  return or([
    { is: 'term', slot, texts: meant.map(({ text }) => text) },
    citing(
      slot,
      meant.flatMap(({ canonical }) => canonical ?? []),
    ),
  ])
}

function calledBy({ shapes }: Context, version: Version): Pick<Named, 'canonical'> {
  if (!shapes.shape(plainType(version.type))?.elements.has('url')) return {}
  const resource = parse(version)
  const [url, own] = [textOf(resource['url']), textOf(resource['version'])]
  return url === undefined ? {} : { canonical: { url, ...(own && { version: own }) } }
}

type Followed = { readonly parameter: SearchParameter; readonly target: string | undefined }

/** The references that the wish follows from this type. */
function followed({ parameters }: Context['search'], wish: Include, type: string): readonly Followed[] {
  const { parameter, target } = wish
  const all = parameter ? [parameter] : [...parameters.of(type).values()].filter(each => each.type === 'reference')
  return all.map(each => ({ parameter: each, target }))
}

function parse({ json = '' }: Version): Resource {
  return parseJson(json) as Resource
}

function batches<T>(all: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / batch) }, (_, at) => all.slice(at * batch, (at + 1) * batch))
}
