/** What is to be said of a search beside its answer: that it is slow, and why; how the store goes about it. */
import type { Issue } from '../../fhir/issue.ts'
import { plainType } from '../../search/contained.ts'
import { and, type Node } from '../../search/node.ts'
import { shownType } from '../../search/plan-contained.ts'
import type { Context } from '../interaction.ts'
import { type Asked, type Asker, restriction } from './asked.ts'
import type { Page } from './page.ts'

export function warnings(ctx: Context, { plan, query }: Asked, { loose }: Page): readonly Issue[] {
  const restrict = restriction(ctx)
  const slow = (tellsTypes(query) && !ctx.access.unlimited ? [] : plan.questions)
    .map(({ type, where }) => ({ type, where: asked(where, restrict(plainType(type))) }))
    .filter(({ where }) => where.is !== 'all' && !narrows(where))
    .map(({ type }) => shownType(type))
  return [
    ...(slow.length > 0
      ? [warning(`no index narrows this down: ${resources(slow)} looked at; name a value that must be there`)]
      : []),
    ...(query.words.length > 0
      ? [warning('_text and _content have no index: what fits otherwise is read word by word')]
      : []),
    ...(loose ? [warning(changing)] : []),
  ]
}

/** Several types are cut down to those of which the tenant has any: who may see only some of it is not to learn them. */
function tellsTypes({ types, contained }: Asked['query']): boolean {
  return types.length > 1 || contained.of !== 'false'
}

/** Without what the rights of who asks add: that is none of his business, and may speak of what others said. */
function asked(where: Node, restricted: Node): Node {
  const own = new Set(partsOf(restricted))
  return and(partsOf(where).filter(part => !own.has(part)))
}

function partsOf(node: Node): readonly Node[] {
  return node.is === 'and' ? node.of : [node]
}

const changing =
  'so much was changed since the first page that this one shows the present state: what moved meanwhile may be missing or occur twice'

function warning(diagnostics: string): Issue {
  return { severity: 'warning', code: 'informational', diagnostics }
}

function resources(types: readonly string[]): string {
  return types.length === 1 ? `every ${types[0]} is` : `the resources of ${types.length} types are`
}

/** Whether something that must be there, and that an index knows, stands in it. */
function narrows(node: Node): boolean {
  switch (node.is) {
    case 'and':
      return node.of.some(narrows)
    case 'or':
      return node.of.every(narrows)
    case 'all':
    case 'not':
    case 'contains':
      return false
    default:
      return true
  }
}

/** `_explain=true`: for each type the plan, and how the store carries it out. */
export async function explanation(
  { store, search }: Context,
  { tenant }: Asker,
  { plan, query }: Asked,
): Promise<readonly Issue[]> {
  const issues: Issue[] = []
  for (const { type, where, sort = plan.sort } of plan.questions) {
    const asked = { tenant, type, where, sort, limit: query.count || 1, budget: search.budget }
    const found = await store.explain(asked)
    issues.push(told(`${shownType(type)}, plan`, { where, sort }), told(`${shownType(type)}, store`, found))
  }
  return issues
}

function told(what: string, details: object): Issue {
  return { severity: 'information', code: 'informational', diagnostics: `${what}: ${JSON.stringify(details)}` }
}
