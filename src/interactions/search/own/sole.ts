/**
 * One search parameter per name, though several requests, or processes, define it at once. What is stored already was judged when
 * the resource was checked, by definitions that may be a moment old; so the commit looks again at those that are just as young,
 * under a guard: none of the same name may come between.
 */
import { ownParameter } from '../../../conformance/search-parameter.ts'
import { error, FhirError, type Issue } from '../../../fhir/issue.ts'
import { parseJson } from '../../../fhir/json.ts'
import { isResource } from '../../../fhir/resource.ts'
import { stamp } from '../../../fhir/stamp.ts'
import { type Node, or } from '../../../search/node.ts'
import { typesOf } from '../../../search/own/fit.ts'
import type { SearchParameter } from '../../../search/parameters.ts'
import { listed } from '../../../search/parse/known.ts'
import type { Version, Write } from '../../../store/port.ts'
import type { Terms } from '../../conditional/look.ts'
import type { Context } from '../../interaction.ts'

const type = 'SearchParameter'
const young = 10_000 // ms; definitions are known after a second, and the clocks of processes differ
const most = 1_000 // stored under the names of one commit

type Own = { readonly id: string; readonly parameter: SearchParameter }

/** The terms with one more guard where search parameters are defined. Throws if another of the same name was faster. */
export async function withSole(
  ctx: Context,
  tenant: string,
  writes: readonly Write[],
  terms: Terms = {},
): Promise<Terms> {
  const defined = writes.flatMap(write => {
    if (write.do !== 'put' || write.key.type !== type) return []
    return definedBy(ctx, write.key.id, stamp(write.draft, 1, 0))
  })
  if (defined.length === 0) return terms
  const where = named(defined.map(({ parameter }) => parameter))
  const { store, search, clock } = ctx
  const { matches } = await store.search({ tenant, type, where, sort: [], limit: most, budget: search.budget })
  const found = matches.map(({ version }) => version)
  const others = found.filter(({ updated }) => updated > clock() - young).flatMap(version => definedIn(ctx, version))
  const issues = defined.flatMap(one => others.flatMap(other => clash(ctx, one, other)))
  if (issues.length > 0) throw new FhirError(issues)
  return { ...terms, guards: [...(terms.guards ?? []), { type, where, ids: found.map(({ id }) => id) }] }
}

function named(parameters: readonly SearchParameter[]): Node {
  return or([
    { is: 'term', slot: 'code', texts: parameters.map(({ code }) => code) },
    { is: 'term', slot: 'url', texts: parameters.map(({ url }) => url) },
  ])
}

function definedIn(ctx: Context, { id, json }: Version): readonly Own[] {
  return json === undefined ? [] : definedBy(ctx, id, json)
}

/** Copies of R4's own definitions change nothing. */
function definedBy({ search }: Context, id: string, json: string): readonly Own[] {
  const resource = parseJson(json)
  const parameter = isResource(resource) ? ownParameter(resource) : undefined
  if (parameter === undefined) return []
  const known = search.parameters.at(parameter.url)
  return known !== undefined && known.own !== true ? [] : [{ id, parameter }]
}

function clash({ shapes }: Context, one: Own, other: Own): readonly Issue[] {
  if (one.id === other.id) return []
  const [mine, theirs] = [one.parameter, other.parameter]
  if (mine.url === theirs.url) {
    const text = `${mine.url} is defined by ${type}/${other.id} already: expected a URL of its own`
    return [error('business-rule', text, `${type}.url`)]
  }
  const taken =
    mine.code === theirs.code ? typesOf(mine, shapes).filter(it => typesOf(theirs, shapes).includes(it)) : []
  const text = `'${mine.code}' of ${listed(taken)} is defined by ${theirs.url}: expected another code`
  return taken.length === 0 ? [] : [error('business-rule', text, `${type}.code`)]
}
