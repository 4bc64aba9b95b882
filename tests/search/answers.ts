/** Resources in memory, and which of them a search finds. */
import { loadValueSets } from '../../src/conformance/value-sets.ts'
import type { Resource } from '../../src/fhir/resource.ts'
import { containedId, containedType } from '../../src/search/contained.ts'
import { indexed } from '../../src/search/index-contained.ts'
import { compileIndex } from '../../src/search/index-values.ts'
import { type Found, searchAll } from '../../src/search/match.ts'
import { all, and, type Node } from '../../src/search/node.ts'
import type { Codes, PlanNeeds, Stored } from '../../src/search/plan.ts'
import { type Planned, plan } from '../../src/search/planner.ts'
import { compileQuestions } from '../../src/search/questions/question.ts'
import { ask, definitions } from './parse/asking.ts'

const base = 'https://kiln.example.org/fhir'
export const now = Date.UTC(2026, 0, 1)

const question = compileQuestions(definitions, loadValueSets())
const index = compileIndex(definitions)

const { resourceTypes } = definitions.shapes
const types = [...resourceTypes, ...resourceTypes.map(containedType)]

const noCodes: Codes = {
  valueSet: async () => undefined,
  hierarchy: async () => undefined,
  translations: async () => [],
  caseless: async () => false,
}

export type Needs = Partial<PlanNeeds> & { readonly handling?: 'strict' | 'lenient' }

export function planned(text: string, { handling = 'strict', ...needs }: Needs = {}): Promise<Planned> {
  const { query } = ask(text, { handling })
  return plan(
    query,
    question,
    { base, restrict: () => all, terminology: noCodes, stored: storedAmong([]), types, ...needs },
    now,
  )
}

/** As stored one day after the other, the last of them yesterday. */
export function stored(resources: readonly Resource[]): readonly Found[] {
  const day = 86_400_000 // ms
  return resources.flatMap((resource, at): readonly Found[] => {
    const key = { type: resource.resourceType, id: String(resource['id'] ?? '') }
    const { entries, contained } = indexed(index, resource, key.id, base)
    const common = { updated: now - (resources.length - at) * day, born: at + 1 }
    const inner = contained.map(it => ({ ...it, type: containedType(it.type), id: containedId(key, it.id), ...common }))
    return [{ ...key, ...common, entries }, ...inner]
  })
}

/** Their URLs and versions are read from the index, where the version has no case. */
export function storedAmong(world: readonly Found[], restrict: (type: string) => Node = () => all): Stored {
  const those = (type: string, where: Node): readonly Found[] =>
    searchAll(world, { type, where: and([restrict(type), where]), sort: [], limit: world.length }).matches.map(
      ({ found }) => found,
    )
  return {
    ids: async (type, where) => those(type, where).map(({ id }) => id),
    canonicals: async (type, where) =>
      those(type, where).flatMap(it => {
        const [url, version] = ['url', 'version'].map(slot => it.entries.terms.find(term => term.slot === slot)?.text)
        return url === undefined ? [] : [{ url, ...(version !== undefined && { version }) }]
      }),
    cited: async (type, where, code) =>
      those(type, where).flatMap(it =>
        it.entries.terms.flatMap(({ slot, text }) => {
          const [url = '', version] = text.split('|')
          return slot === `${code}|` ? [{ url, ...(version && { version }) }] : []
        }),
      ),
  }
}

/** `Patient/1`, in the order asked for. */
export async function found(text: string, world: readonly Found[], needs: Needs = {}): Promise<readonly string[]> {
  const { plan } = await planned(text, { stored: storedAmong(world, needs.restrict), ...needs })
  const { questions, sort } = plan
  return questions.flatMap(({ type, where, sort: own = sort }) =>
    searchAll(world, { type, where, sort: own, limit: 1000 }).matches.map(({ found }) => `${found.type}/${found.id}`),
  )
}
