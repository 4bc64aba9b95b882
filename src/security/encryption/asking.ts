/** Questions as the store below understands them. */
import { fail } from '../../fhir/issue.ts'
import type { Node, Place, SortKey } from '../../search/node.ts'
import type { SearchQuery, Store } from '../../store/port.ts'
import { blindQuestion, mustSort } from './blind-question.ts'
import type { Keys } from './keys.ts'
import type { Schemes } from './scheme.ts'

export type AskingNeeds = {
  readonly store: Pick<Store, 'search' | 'types'>
  readonly keys: Keys
  readonly schemes: Schemes
}

type Asked = Pick<SearchQuery, 'tenant' | 'type' | 'where' | 'budget'> & { readonly sort?: readonly SortKey[] }

/** The same with its criteria blind; throws a `FhirError` where blind entries cannot answer. */
export type Asking = <Q extends Asked>(query: Q) => Promise<Q>

const mostFollowed = 10_000 // resources that a chain may lead to: what a store can still compare in one go
const batch = 500

export function askingWith({ store, keys, schemes }: AskingNeeds): Asking {
  return async query => {
    const { tenant, type, where, budget, sort = [] } = query
    const scheme = await schemes()
    mustSort(type, sort, scheme)
    const ids = (type: string, where: Node) => idsOf(store, { tenant, type, where, budget })
    const has = async (type: string) => (await store.types(tenant)).includes(type)
    return { ...query, where: await blindQuestion(where, type, { ...scheme, mac: await keys.mac(tenant), ids, has }) }
  }
}

async function idsOf(store: AskingNeeds['store'], query: Omit<Asked, 'sort'>): Promise<readonly string[]> {
  const ids: string[] = []
  if (query.where.is === 'none') return ids
  for (let after: Place | undefined; ; ) {
    const page = await store.search({ ...query, sort: [], limit: batch, ...(after ? { after } : {}) })
    ids.push(...page.matches.map(({ version }) => version.id))
    if (!page.more) return ids
    if (ids.length >= mostFollowed) throw costly(query.type)
    after = page.matches.at(-1)?.place
  }
}

function costly(type: string): Error {
  const text = `a chain from what is stored encrypted leads to more than ${mostFollowed} resources of type ${type}: expected more criteria behind it`
  return fail('too-costly', text, undefined, { status: 422 })
}
