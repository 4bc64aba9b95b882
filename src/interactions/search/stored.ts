/** What planning must look up before it can ask: hierarchies of references, and chains by canonical URL. */
import { setImmediate as othersTurn } from 'node:timers/promises'
import { fail } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { isObject, type Resource } from '../../fhir/resource.ts'
import type { IndexValues } from '../../search/index-values.ts'
import { and, type Node, type Place } from '../../search/node.ts'
import type { Stored } from '../../search/plan.ts'
import type { Canonical } from '../../search/values/canonical.ts'
import { textOf } from '../../search/values/member.ts'
import type { Value } from '../../search/values/value.ts'
import type { Match, Store, Version } from '../../store/port.ts'

export type StoredNeeds = {
  readonly store: Pick<Store, 'search'>
  readonly tenant: string
  readonly restrict: (type: string) => Node
  /** What a resource says, by search parameter. */
  readonly values: (resource: Resource) => IndexValues
  /** ms for each question; and for all that one search looks up, too. */
  readonly budget: number
  readonly clock: () => number
}

const most = 10_000 // resources in all: what a store can still compare in one go
const batch = 500 // resources per question to the store, few enough to let others in between

/** For one search: what it looks up is counted together. */
export function storedIn(needs: StoredNeeds): Stored {
  const { clock, budget } = needs
  const end = clock() + budget
  let found = 0

  async function all<T>(type: string, where: Node, take: (version: Version) => readonly T[]): Promise<readonly T[]> {
    const taken: T[] = []
    for await (const matches of pages(needs, type, where)) {
      found += matches.length
      taken.push(...matches.flatMap(({ version }) => take(version)))
      if (found > most) throw costly(`leads to more than ${most} resources, of type ${type} and others`)
      if (clock() > end) throw costly(`leads to resources of type ${type} that take more than ${budget} ms to find`)
    }
    return taken
  }

  return {
    ids: (type, where) => all(type, where, ({ id }) => [id]),
    canonicals: (type, where) => all(type, where, canonicalOf),
    cited: (type, where, code) => {
      return all(type, where, ({ json = '' }) => citedBy(needs.values(parseJson(json) as Resource).get(code) ?? []))
    },
  }
}

async function* pages(
  { store, tenant, restrict, budget }: StoredNeeds,
  type: string,
  where: Node,
): AsyncGenerator<readonly Match[]> {
  const query = { tenant, type, where: and([restrict(type), where]), sort: [], limit: batch, budget }
  for (let after: Place | undefined; ; await othersTurn()) {
    const { matches, more } = await store.search({ ...query, ...(after ? { after } : {}) })
    yield matches
    after = matches.at(-1)?.place
    if (!more) return
  }
}

function costly(what: string): Error {
  const text = `what the search follows before it is asked ${what}: expected a smaller part of a hierarchy, or a chain with more criteria`
  return fail('too-costly', text, undefined, { status: 422 })
}

function canonicalOf({ json = '' }: Version): readonly Canonical[] {
  const resource = parseJson(json)
  const [url, version] = isObject(resource) ? [textOf(resource['url']), textOf(resource['version'])] : []
  return url === undefined ? [] : [{ url, ...(version && { version }) }]
}

function citedBy(values: readonly Value[]): readonly Canonical[] {
  return values.flatMap(value => {
    if (value.type !== 'reference' || value.by !== 'canonical') return []
    const { url, version } = value
    return [{ url, ...(version && { version }) }]
  })
}
