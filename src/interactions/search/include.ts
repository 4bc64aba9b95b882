/**
 * `_include` and `_revinclude`: what the matches of a page refer to, and what refers to them.
 * https://hl7.org/fhir/R4/search.html#include
 *
 * All that belongs to a page is gathered, in rounds until nothing new comes (so circles end), and put into the order of its
 * names. One answer carries `most` of it. The rest is not dropped: the `next` link leads to the same matches again, which are
 * not repeated, and to what comes behind the last name that was given; only then the walk goes on.
 */
import { setImmediate as othersTurn } from 'node:timers/promises'
import { fail } from '../../fhir/issue.ts'
import { isContained } from '../../search/contained.ts'
import { and, type Place } from '../../search/node.ts'
import type { Include } from '../../search/query.ts'
import type { Store, Version } from '../../store/port.ts'
import type { Context } from '../interaction.ts'
import type { Asker } from './asked.ts'
import { type Links, sources, targets } from './links.ts'

const most = 1_000 // per answer
const largest = 20_000 // gathered for one page of matches, all held in memory
const batch = 500 // resources at a time

export type Included = {
  readonly versions: readonly Version[]
  /** The last of their names, if there are more behind it. */
  readonly last?: string
}

export const nothing: Included = { versions: [] }

/** `behind`: goes on after this name. */
export async function include(
  ctx: Context,
  asker: Asker,
  wishes: readonly Include[],
  matches: readonly Version[],
  behind = '',
): Promise<Included> {
  const all = await gather(ctx, asker, wishes, matches)
  const rest = [...all.keys()].filter(name => name > behind).toSorted((a, b) => (a < b ? -1 : 1))
  const names = rest.slice(0, most)
  const last = rest.length > most ? names.at(-1) : undefined
  return { versions: names.flatMap(name => all.get(name) ?? []), ...(last === undefined ? {} : { last }) }
}

async function gather(
  ctx: Context,
  asker: Asker,
  wishes: readonly Include[],
  matches: readonly Version[],
): Promise<ReadonlyMap<string, Version>> {
  const found = new Map<string, Version>()
  const known = new Set(matches.map(nameOf))
  let frontier = matches
  let wanted = wishes
  while (frontier.length > 0 && wanted.length > 0) {
    const links = await linksOf(ctx, asker, wanted, frontier)
    const fresh: Version[] = []
    for await (const { version, name } of read(ctx, asker, links)) {
      if (known.has(name)) continue
      known.add(name)
      found.set(name, version)
      fresh.push(version)
      if (found.size > largest) throw tooMany()
    }
    frontier = fresh
    wanted = wishes.filter(({ iterate }) => iterate)
  }
  return found
}

function tooMany(): Error {
  const advice = 'ask for fewer matches with _count, or for fewer kinds of includes'
  return fail('too-costly', `more than ${largest} resources would be included with one page: ${advice}`)
}

function nameOf({ type, id }: Pick<Version, 'type' | 'id'>): string {
  return `${type}/${id}`
}

async function linksOf(
  ctx: Context,
  asker: Asker,
  wishes: readonly Include[],
  from: readonly Version[],
): Promise<Links> {
  const [back, forth] = [wishes.filter(({ reverse }) => reverse), wishes.filter(({ reverse }) => !reverse)]
  const all = back.some(({ source }) => source === undefined) ? await ctx.store.types(asker.tenant) : []
  const present = all.filter(type => !isContained(type))
  return [...targets(ctx, asker.base, forth, from), ...sources(ctx, back, from, present)]
}

type Named = { readonly version: Version; readonly name: string }

async function* read(ctx: Context, asker: Asker, links: Links): AsyncGenerator<Named> {
  for (const link of links) {
    const { at } = link
    for await (const version of present(ctx, asker, link)) {
      if (at === undefined) yield { version, name: nameOf(version) }
      else yield* versions(ctx.store, version, at.get(version.id) ?? [])
    }
  }
}

/** Those that are there and may be seen. */
async function* present(
  { access, store, search }: Context,
  asker: Asker,
  { type, where: wanted }: Links[number],
): AsyncGenerator<Version> {
  const where = and([access.may('r', type), wanted])
  if (where.is === 'none') return
  const query = { tenant: asker.tenant, type, where, sort: [], budget: search.budget }
  for (let after: Place | undefined; ; ) {
    const page = await store.search({ ...query, limit: batch, ...(after ? { after } : {}) })
    yield* page.matches.map(({ version }) => version)
    after = page.matches.at(-1)?.place
    if (!page.more || after === undefined) break
    await othersTurn()
  }
}

/** Of a resource that is there and may be seen, as it was; versions that never were, or were deletions, are nothing. */
async function* versions(store: Store, current: Version, wanted: readonly number[]): AsyncGenerator<Named> {
  for (const number of wanted) {
    const version = number === current.version ? current : await store.vread(current, number)
    if (version?.json === undefined) continue
    yield { version, name: version === current ? nameOf(current) : `${nameOf(current)}/_history/${number}` }
  }
}
