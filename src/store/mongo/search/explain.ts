import { BSON, type Document } from 'mongodb'
import type { Explanation } from '../../port.ts'
import { type Collections, collectionOf } from '../schema.ts'
import type { Deadline } from './deadline.ts'
import type { Sent } from './look.ts'

const most = 20 // commands told of in full; a walk along chains repeats itself

/** What the server says about the commands; `examined` is missing if it has no figures, as the engine of the tests. */
export async function explain(
  { pointers }: Pick<Collections, 'pointers'>,
  deadline: Deadline,
  sent: readonly Sent[],
): Promise<Pick<Explanation, 'compiled' | 'indexes'> & { readonly examined: number | undefined }> {
  const told = sent.slice(0, most)
  const plans: Plan[] = []
  for (const { type, pipeline } of told) {
    const ask = (maxTimeMS: number) =>
      pointers(type)
        .aggregate([...pipeline])
        .explain({ verbosity: 'executionStats', maxTimeMS })
    plans.push(planOf(await deadline.run(({ maxTimeMS }) => ask(maxTimeMS))))
  }
  const left = sent.length > most ? [`… and ${sent.length - most} more`] : []
  const figures = plans.flatMap(({ examined }) => examined)
  return {
    compiled: [...told.map(print), ...left].join('\n'),
    indexes: [...new Set(plans.flatMap(({ indexes }) => indexes))],
    examined: figures.length > 0 ? figures.reduce((sum, figure) => sum + figure) : undefined,
  }
}

function print({ type, pipeline }: Sent): string {
  return `db.${collectionOf(type)}.aggregate(${BSON.EJSON.stringify(pipeline)})`
}

type Plan = { readonly indexes: readonly string[]; readonly examined: readonly number[] }

/**
 * The names and figures of a reply, however deep they stand: it differs with the form of the plan, and from cluster to cluster.
 * https://www.mongodb.com/docs/manual/reference/explain-results/
 */
function planOf(reply: Document): Plan {
  const indexes: string[] = []
  const examined: number[] = []
  const walk = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      if (name === 'indexName') indexes.push(String(inner))
      else if (name === 'executionStats') examined.push(inner.totalKeysExamined + inner.totalDocsExamined)
      else if (!passedOver.has(name)) walk(inner)
    }
  }
  walk(reply)
  return { indexes, examined }
}

/** What was not done: plans that lost, and what the engine of the tests only weighed. */
const passedOver: ReadonlySet<string> = new Set(['rejectedPlans', 'IndexCosts'])
