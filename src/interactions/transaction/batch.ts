/** Each entry stands for itself: one that fails takes no other with it. https://hl7.org/fhir/R4/http.html#brules */
import type { JsonObject } from '../../fhir/resource.ts'
import { admitted } from '../admit.ts'
import type { Context, FhirRequest } from '../interaction.ts'
import { bug, foreseen } from '../refusal.ts'
import { rank } from './order.ts'
import { refusedEntry, responseEntry } from './response.ts'
import { entryPath, placed, type Step, toStep } from './step.ts'

export async function runBatch(
  ctx: Context,
  request: FhirRequest,
  entries: readonly JsonObject[],
): Promise<readonly string[]> {
  const answers = new Array<string>(entries.length)
  const steps: Step[] = []
  for (const [index, entry] of entries.entries()) {
    await ctx.turn()
    try {
      steps.push(toStep(ctx, request, entry, index))
    } catch (error) {
      answers[index] = refused(ctx, error, entryPath(index))
    }
  }
  for (const group of [0, 1, 2, 3]) {
    await inLanes(
      steps.filter(step => rank(step.request) === group),
      async step => {
        await ctx.turn()
        answers[step.index] = await answerTo(ctx, step)
      },
    )
  }
  return answers
}

async function answerTo(ctx: Context, { interaction, request, at }: Step): Promise<string> {
  try {
    const asked = { interaction, request }
    const answer = await ctx.audited(ctx, asked, async it => {
      return interaction.handle(
        placed(`${at}.request.url`, () => admitted(it, asked)),
        request,
      )
    })
    return responseEntry(request, answer)
  } catch (error) {
    return refused(ctx, error, at)
  }
}

/** A bug at one entry is reported as any, and the others go on. */
function refused({ observe }: Context, error: unknown, at: string): string {
  const refusal = foreseen(error)
  if (!refusal) observe({ event: 'interaction.failed', interaction: 'batch', error })
  return refusedEntry(refusal ?? bug, at)
}

const lanes = 32 // entries under way at once: enough to share commits, few enough to leave room for other clients

/** Entries of one kind run side by side, those about the same resource, or by the same criteria, one after the other. */
async function inLanes(steps: readonly Step[], run: (step: Step) => Promise<void>): Promise<void> {
  const about = Map.groupBy(steps, ({ request: { target, query, headers }, index }) => {
    if (target.id !== '') return `${target.type}/${target.id}`
    const criteria = headers['if-none-exist'] ?? query.toString()
    return criteria === '' ? `${index}` : `${target.type}?${criteria}`
  })
  const waiting = about.values()
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const group of waiting) for (const step of group) await run(step)
    }),
  )
}
