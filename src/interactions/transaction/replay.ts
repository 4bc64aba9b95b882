/** The answers of a transaction that was already done, for a client that sends it again with its Idempotency-Key. */
import type { Version } from '../../store/port.ts'
import { admitted } from '../admit.ts'
import { matched } from '../conditional/create.ts'
import { deletedAll } from '../conditional/delete.ts'
import { deleted } from '../delete.ts'
import type { Remembered } from '../idempotency.ts'
import type { Answer, Context } from '../interaction.ts'
import { present } from '../present.ts'
import { written } from '../write.ts'
import type { Conditions } from './choose.ts'
import { nameOf } from './identify.ts'
import { isRead } from './order.ts'
import type { Preparation } from './prepare.ts'
import { responseEntry } from './response.ts'
import type { Step } from './step.ts'

/** What criteria chose, by entry index: the ids that were written, or the version that was found instead. */
type Note = Readonly<Record<string, readonly string[] | Found>>
type Found = { readonly id: string; readonly version?: number }

export function noteOf(conditions: Conditions, { entries, found }: Preparation): string {
  if (conditions.size === 0) return ''
  const written = Map.groupBy(entries, ({ index }) => index)
  const chosen = [...conditions.keys()].map(index => {
    const instead = found.get(index)
    if (!instead) return [index, (written.get(index) ?? []).map(({ key }) => key.id)]
    const { key, version } = instead
    return [index, { id: key.id, version: version?.version }]
  })
  return JSON.stringify(Object.fromEntries(chosen))
}

/** `versions`: what it made, in the order in which it made them. */
export async function answerAgain(
  ctx: Context,
  steps: readonly Step[],
  { versions, note }: Remembered,
): Promise<readonly string[]> {
  const chosen: Note = note === '' ? {} : JSON.parse(note)
  const made = new Map(versions.map(version => [nameOf(version), version]))
  const byCriteria = new Set(steps.flatMap(step => named(step, chosen[step.index])))
  const posted = versions.values().filter(version => version.method === 'POST' && !byCriteria.has(nameOf(version)))
  const answers: string[] = []
  for (const step of steps) {
    const choice = chosen[step.index]
    const { type, id } = step.request.target
    const fresh = step.interaction.code === 'create' && !choice
    const answered = choice
      ? await answerChosen(ctx, step, choice, made)
      : await answer(ctx, step, id, fresh ? posted.next().value : made.get(`${type}/${id}`))
    answers.push(responseEntry(step.request, await ctx.audited(ctx, step, async () => answered)))
  }
  return answers
}

function named({ request: { target } }: Step, choice: Note[string] | undefined): readonly string[] {
  return isIds(choice) ? choice.map(id => `${target.type}/${id}`) : []
}

function isIds(choice: Note[string] | undefined): choice is readonly string[] {
  return Array.isArray(choice)
}

async function answerChosen(
  ctx: Context,
  step: Step,
  choice: Note[string],
  made: ReadonlyMap<string, Version>,
): Promise<Answer> {
  const { request, interaction } = step
  const { tenant, target } = request
  const { type } = target
  if (!isIds(choice)) {
    const { id, version = 0 } = choice
    return matched(request, there(made.get(`${type}/${id}`) ?? (await ctx.store.vread({ tenant, type, id }, version))))
  }
  const versions = choice.map(id => made.get(`${type}/${id}`))
  if (interaction.code === 'delete') return deletedAll(request, versions)
  return answer(ctx, step, choice[0] ?? '', versions[0])
}

async function answer(
  ctx: Context,
  { request, interaction }: Step,
  id: string,
  version: Version | undefined,
): Promise<Answer> {
  const { tenant, method, target } = request
  if (method === 'DELETE') return deleted(request, version)
  if (interaction.code === 'read' && version) return present(ctx, request, version)
  if (isRead(request)) return interaction.handle(admitted(ctx, { interaction, request }), request)
  // A write that changed nothing left no version of its own.
  const standing = there(version ?? (await ctx.store.read({ tenant, type: target.type, id })))
  return written(request, standing, version?.created ?? false, [])
}

function there(version: Version | undefined): Version {
  if (!version) throw new Error('a receipt outlives what it speaks of')
  return version
}
