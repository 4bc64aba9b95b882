/** What is to be said of a search beside its answer: that it is slow, and why; how the store goes about it. */
import type { Issue } from '../../fhir/issue.ts'
import type { Node } from '../../search/node.ts'
import { shownType } from '../../search/plan-contained.ts'
import type { Context } from '../interaction.ts'
import type { Asked, Asker } from './asked.ts'
import type { Page } from './page.ts'

export function warnings({ plan, query }: Asked, { loose }: Page): readonly Issue[] {
  const slow = plan.questions
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
