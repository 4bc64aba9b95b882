/**
 * All entries or none. https://hl7.org/fhir/R4/http.html#transaction
 *
 * entries → steps → criteria chosen by → identities → resolved references → checked resources → plans → one commit → answers in
 * the order of the request
 */
import { fail } from '../../fhir/issue.ts'
import type { JsonObject } from '../../fhir/resource.ts'
import type { Commit, Receipt, Version, Write } from '../../store/port.ts'
import { mustBeOpen } from '../admit.ts'
import { deletedAll } from '../conditional/delete.ts'
import { overtaken, receiptFor, replay } from '../idempotency.ts'
import type { Answer, Context, FhirRequest } from '../interaction.ts'
import { provenance } from '../provenance.ts'
import { foreseen, isOvertaken, refusal } from '../refusal.ts'
import { retried } from '../replace.ts'
import { withSole } from '../search/own/sole.ts'
import { type Conditions, conditionsOf } from './choose.ts'
import { condition } from './condition.ts'
import { nameOf } from './identify.ts'
import { rank } from './order.ts'
import { chosen } from './patches.ts'
import { type Done, type Plan, planFound, planRead, planWrite } from './plan.ts'
import { type Preparation, type Prepared, prepare } from './prepare.ts'
import { answerAgain, noteOf } from './replay.ts'
import { responseEntry } from './response.ts'
import { misplaced, placed, type Step, toStep } from './step.ts'
import { inTurns, sideBySide } from './turns.ts'

export async function runTransaction(
  ctx: Context,
  request: FhirRequest,
  entries: readonly JsonObject[],
): Promise<readonly string[]> {
  const steps = await inTurns(entries, ctx.turn, (entry, index) => together(ctx, toStep(ctx, request, entry, index)))
  const receipt = receiptFor(request)
  const before = await replay(ctx, request, receipt)
  if (before) return answerAgain(ctx, steps, before)
  const conditions = await conditionsOf(ctx, steps)
  return retried(() => once(ctx, request, steps, conditions, receipt))
}

/** The one commit holds what the plans know of; what an operation would write is known to the operation alone. */
function together(ctx: Context, step: Step): Step {
  const { interaction, request } = step
  placed(`${step.at}.request.url`, () => mustBeOpen(ctx, step))
  if (!interaction.affectsState) return step
  const text = `${request.target.verb} changes data, and cannot be part of a transaction: send it in a batch or by itself`
  throw fail('not-supported', text, `${step.at}.request.url`, { status: 400 })
}

/** `undefined`: something that the plans rely on has changed. */
async function once(
  ctx: Context,
  request: FhirRequest,
  steps: readonly Step[],
  conditions: Conditions,
  receipt: Receipt | undefined,
): Promise<readonly string[] | undefined> {
  const preparation = await prepare(ctx, request, steps, conditions)
  const { plans, answers } = await planAll(ctx, request, steps, preparation)
  await ctx.turn()
  const writers = withoutRepeatedChecks(plans)
  const about = writers.flatMap(({ makes }) => makes ?? [])
  const { tenant } = request
  const writes = [...writers.map(({ write }) => write), ...(await provenance(ctx, request, about))]
  const it: Commit = {
    tenant,
    integrity: ctx.integrity(tenant),
    writes,
    ...(receipt ? { receipt: { ...receipt, note: noteOf(conditions, preparation) } } : {}),
    ...(await withSole(ctx, tenant, writes, preparation.terms)),
  }
  const outcome = await ctx.store.commit(it)
  if (outcome.ok) return answerAll(ctx, answers, changedBy(writers), outcome.versions).catch(unanswered)
  const done = overtaken(outcome, receipt)
  if (done) return answerAgain(ctx, steps, done)
  if (isOvertaken(outcome)) return undefined
  throw refusal(it, outcome, write => writers[write]?.step.at)
}

/** It is done: whatever fails from here on must not sound as if it were not. */
function unanswered(cause: unknown): never {
  if (!foreseen(cause)) throw cause
  const advice = 'read what it wrote, or send it again with the same Idempotency-Key'
  const text = `the transaction was carried out, but a part of its answer could not be read: ${advice}`
  throw fail('incomplete', text, undefined, { status: 500, cause })
}

type Writer = Plan & { readonly write: Write }

/** A commit takes at most one write per resource; several entries may read the same one. */
function withoutRepeatedChecks(plans: readonly Plan[]): readonly Writer[] {
  const names = new Set<string>()
  const writers = plans.filter((plan): plan is Writer => {
    if (!plan.write) return false
    const name = nameOf(plan.write.key)
    const first = !names.has(name)
    names.add(name)
    return first
  })
  return writers.toSorted((a, b) => rank(a.step.request) - rank(b.step.request))
}

type Answering = Pick<Plan, 'step' | 'answer'>

/** `answers`: one per entry, in order. */
type Plans = { readonly plans: readonly Plan[]; readonly answers: readonly Answering[] }

async function planAll(
  ctx: Context,
  request: FhirRequest,
  steps: readonly Step[],
  { entries, found }: Preparation,
): Promise<Plans> {
  const own = await planWrites(ctx, request, entries)
  const writes = new Map(own.map(({ entry, plan }) => [nameOf(entry.key), plan]))
  const byStep = Map.groupBy(own, ({ entry }) => entry.index)
  const plans: Plan[] = []
  const answers: Answering[] = []
  for (const step of steps) {
    await ctx.turn()
    const those = byStep.get(step.index) ?? []
    const [only] = those
    const instead = found.get(step.index)
    plans.push(...those.map(({ plan }) => plan))
    if (isDeleteOfMany(step)) answers.push(placed(step.at, () => answerOfMany(step, those)))
    else if (only) answers.push(only.plan)
    else {
      const plan = instead
        ? planFound(step, instead, writes)
        : await planRead(ctx, step, writes).catch(misplaced(step.at))
      plans.push(plan)
      answers.push(plan)
    }
  }
  return { plans, answers }
}

type Own = { readonly entry: Prepared; readonly plan: Plan }

async function planWrites(ctx: Context, request: FhirRequest, entries: readonly Prepared[]): Promise<readonly Own[]> {
  const bind = request.headers['x-provenance'] !== undefined
  // What is created under an id that was made a moment ago needs no look, and what is patched was looked at already.
  const standing = entries.filter(({ interaction: { code } }) => code !== 'create' && code !== 'patch')
  const states = await ctx.store.readAll(standing.map(({ key }) => key))
  const before = new Map(standing.map((entry, position) => [entry, states[position]]))
  return inTurns(entries, ctx.turn, entry => {
    const current = chosen(entry) ?? entry.current ?? before.get(entry)
    return { entry, plan: placed(entry.at, () => planWrite(ctx, entry, current, bind)) }
  })
}

function isDeleteOfMany({ interaction: { code, at } }: Step): boolean {
  return code === 'delete' && at === 'type'
}

function answerOfMany(step: Step, own: readonly Own[]): Answering {
  if (own.length === 0) condition(step, undefined)
  const answer = async (done: Done): Promise<Answer> =>
    deletedAll(
      step.request,
      own.map(({ entry }) => done.get(nameOf(entry.key))),
    )
  return { step, answer }
}

/** The entries that the commit itself has recorded. */
function changedBy(writers: readonly Writer[]): ReadonlySet<number> {
  return new Set(writers.filter(({ write }) => write.do !== 'check').map(({ step }) => step.index))
}

async function answerAll(
  ctx: Context,
  answers: readonly Answering[],
  changed: ReadonlySet<number>,
  versions: readonly (Version | undefined)[],
): Promise<readonly string[]> {
  const done: Done = new Map(versions.flatMap(version => (version ? [[nameOf(version), version] as const] : [])))
  return sideBySide(answers, ctx.turn, async ({ step, answer }) => {
    const given = changed.has(step.index) ? answer(done) : ctx.audited(ctx, step, () => answer(done))
    return responseEntry(step.request, await given)
  })
}
