/**
 * All entries or none. https://hl7.org/fhir/R4/http.html#transaction
 *
 * entries → steps → identities → resolved references → checked resources → plans → one commit → answers in the order of the request
 */
import { fail } from '../../fhir/issue.ts'
import type { JsonObject } from '../../fhir/resource.ts'
import { type Commit, type Committed, type Key, type Receipt, StoreUnavailable, type Write } from '../../store/port.ts'
import { overtaken, receiptFor, replay } from '../idempotency.ts'
import type { Context, FhirRequest } from '../interaction.ts'
import { provenance } from '../provenance.ts'
import { refusal } from '../refusal.ts'
import { rank } from './order.ts'
import { type Done, type Plan, type Prepared, planRead, planWrite } from './plan.ts'
import { prepare } from './prepare.ts'
import { answerAgain } from './replay.ts'
import { responseEntry } from './response.ts'
import { misplaced, placed, type Step, toStep } from './step.ts'

/** How often a transaction is planned anew because others changed what it had read: one gets through each time. */
const tries = 32

export async function runTransaction(
  ctx: Context,
  request: FhirRequest,
  entries: readonly JsonObject[],
): Promise<readonly string[]> {
  const steps = entries.map((entry, index) => toStep(ctx, request, entry, index))
  const receipt = receiptFor(request)
  const before = await replay(ctx, request, receipt)
  if (before) return answerAgain(ctx, steps, before)
  const prepared = await prepare(ctx, steps)
  for (let attempt = 0; attempt < tries; attempt++) {
    const answers = await once(ctx, request, steps, prepared, receipt)
    if (answers) return answers
  }
  throw fail('conflict', 'others changed the same resources again and again meanwhile; please try again', undefined, {
    headers: { 'retry-after': '1' },
  })
}

/** `undefined`: something that the plans rely on has changed. */
async function once(
  ctx: Context,
  request: FhirRequest,
  steps: readonly Step[],
  prepared: readonly Prepared[],
  receipt: Receipt | undefined,
): Promise<readonly string[] | undefined> {
  const plans = await planAll(ctx, request, steps, prepared)
  const writers = withoutRepeatedChecks(plans)
  const about = writers.flatMap(({ makes }) => makes ?? [])
  const it: Commit = {
    tenant: request.tenant,
    integrity: ctx.integrity(request.tenant),
    writes: [...writers.map(({ write }) => write), ...provenance(ctx, request, about)],
    ...(receipt ? { receipt } : {}),
  }
  const outcome = await ctx.store.commit(it)
  if (outcome.ok) return answerAll(plans, writers, outcome).catch(unanswered)
  const done = overtaken(outcome, receipt)
  if (done) return answerAgain(ctx, steps, done)
  if (outcome.because.why === 'condition') return undefined
  throw refusal(it, outcome, write => writers[write]?.step.at)
}

/** It is done: whatever fails from here on must not sound as if it were not. */
function unanswered(cause: unknown): never {
  if (!(cause instanceof StoreUnavailable)) throw cause
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
  return writers.toSorted((a, b) => rank(a.step.request.method) - rank(b.step.request.method))
}

async function planAll(
  ctx: Context,
  request: FhirRequest,
  steps: readonly Step[],
  prepared: readonly Prepared[],
): Promise<readonly Plan[]> {
  const bind = request.headers['x-provenance'] !== undefined
  // What is created under an id that was made a moment ago needs no look.
  const standing = prepared.filter(({ interaction }) => interaction.code !== 'create')
  const states = await ctx.store.readAll(standing.map(({ key }) => key))
  const before = new Map(standing.map((entry, position) => [entry, states[position]]))
  const plans = new Map<number, Plan>()
  const writes = new Map<string, Plan>()
  for (const entry of prepared) {
    const plan = placed(entry.at, () => planWrite(ctx, entry, before.get(entry), bind))
    plans.set(entry.index, plan)
    writes.set(nameOf(entry.key), plan)
  }
  const all: Plan[] = []
  for (const step of steps) {
    all.push(plans.get(step.index) ?? (await planRead(ctx, step, writes).catch(misplaced(step.at))))
  }
  return all
}

async function answerAll(
  plans: readonly Plan[],
  writers: readonly Writer[],
  { versions }: Committed,
): Promise<readonly string[]> {
  const place = new Map(writers.map((writer, index) => [writer.step.index, index]))
  const standing = new Map(
    writers.flatMap(({ write }, index) => {
      const version = versions[index]
      return version ? [[nameOf(write.key), version] as const] : []
    }),
  )
  return Promise.all(
    plans.map(async ({ step, answer }) => {
      const done: Done = { version: versions[place.get(step.index) ?? -1], standing }
      return responseEntry(step.request, await answer(done))
    }),
  )
}

function nameOf({ type, id }: Key): string {
  return `${type}/${id}`
}
