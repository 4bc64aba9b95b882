/** How many resources match. https://hl7.org/fhir/R4/search.html#total */
import { fail } from '../../fhir/issue.ts'
import type { Place } from '../../search/node.ts'
import type { Plan } from '../../search/plan.ts'
import type { Context } from '../interaction.ts'
import type { Asker } from './asked.ts'
import { readPage } from './page.ts'
import type { Words } from './words.ts'

const most = 50_000 // resources whose words are counted one by one
const step = 1_000

type Wanted = Plan & { readonly words: Words }

export async function total(ctx: Context, asker: Asker, wanted: Wanted): Promise<number> {
  if (wanted.words.length > 0) return totalOfWords(ctx, asker, wanted)
  const counts = await Promise.all(
    wanted.questions.map(({ type, where }) =>
      ctx.store.count({ tenant: asker.tenant, type, where, budget: ctx.search.budget }),
    ),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

async function totalOfWords(ctx: Context, asker: Asker, wanted: Wanted): Promise<number> {
  let count = 0
  let until: number | undefined
  let after: Place | undefined
  for (let read = 0; read < most; read += step) {
    const { hits, end, until: seen } = await readPage(ctx, asker, { ...wanted, until, after }, step)
    count += hits.length
    until = seen
    after = end
    if (after === undefined) return count
  }
  throw fail('too-costly', '_text and _content cannot be counted among so many: expected no _total, or less to search')
}
