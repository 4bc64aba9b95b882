/** The answers of a transaction that was already done, for a client that sends it again with its Idempotency-Key. */
import type { Version } from '../../store/port.ts'
import { deleted } from '../delete.ts'
import type { Answer, Context } from '../interaction.ts'
import { present } from '../present.ts'
import { written } from '../write.ts'
import { responseEntry } from './response.ts'
import type { Step } from './step.ts'

/** `versions`: what it made, in the order in which it made them. */
export async function answerAgain(
  ctx: Context,
  steps: readonly Step[],
  versions: readonly Version[],
): Promise<readonly string[]> {
  const made = new Map(versions.map(version => [`${version.type}/${version.id}`, version]))
  const posted = versions.values().filter(({ method }) => method === 'POST')
  const answers: string[] = []
  for (const step of steps) {
    const { type, id } = step.request.target
    const version = step.interaction.code === 'create' ? posted.next().value : made.get(`${type}/${id}`)
    answers.push(responseEntry(step.request, await answer(ctx, step, version)))
  }
  return answers
}

async function answer(ctx: Context, { request, interaction }: Step, version: Version | undefined): Promise<Answer> {
  const { tenant, method, target } = request
  if (method === 'DELETE') return deleted(request, version)
  if (interaction.code === 'read' && version) return present(ctx, request, version)
  if (method === 'GET' || method === 'HEAD') return interaction.handle(ctx, request)
  // A write that changed nothing left no version of its own.
  const standing = version ?? (await ctx.store.read({ tenant, type: target.type, id: target.id }))
  if (!standing) throw new Error('a receipt outlives what it speaks of')
  return written(request, standing, version?.created ?? false, [])
}
