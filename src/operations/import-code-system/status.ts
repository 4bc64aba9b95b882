/** `Task/[id]/$import-status`: how far an import is, and its end; DELETE cancels it. https://hl7.org/fhir/R4/async.html#3.1.6.4 */
import type * as conformance from '../../conformance/artifact.ts'
import { FhirError, fail, type Issue } from '../../fhir/issue.ts'
import { isObject, type Resource } from '../../fhir/resource.ts'
import type { Answer } from '../../interactions/interaction.ts'
import type { Operation } from '../kernel/operation.ts'
import { spooled } from './spool.ts'
import { answerOf, isEnded, progressOf, saveTask, standingTask, startsOf, stepped } from './task.ts'

export const statusName = '$import-status'

export function importStatus(definition: conformance.Operation, folder: string | undefined): Operation {
  return {
    definition,
    unknown: 'refuse',
    affectsState: false,
    scope: 'r',
    cost: 1,
    async run({ store }, { request: { tenant, target } }) {
      const { id } = target
      const first = await standingTask(store, tenant, id)
      if (first === undefined || isEnded(first.task)) return ended(first?.task, id)
      if (folder !== undefined && (await spooled(folder, id)) !== undefined) return underWay(first.task)
      // It goes when the record tells the end: that may have been just now.
      const last = await standingTask(store, tenant, id)
      if (last === undefined || isEnded(last.task)) return ended(last?.task, id)
      throw fail('incomplete', 'the release that was to be loaded is no longer there: send it again')
    },
    async cancel(ctx, { request: { tenant, base, target } }) {
      const { id } = target
      for (let at = await standingTask(ctx.store, tenant, id); ; ) {
        if (at === undefined) throw unknown(id)
        if (isEnded(at.task)) throw fail('conflict', 'the import is over, and cannot be cancelled any more')
        const step = { status: 'cancelled', progress: 'cancelled', starts: startsOf(at.task) } as const
        const result = await saveTask(ctx, stepped(at.task, step, ctx.clock()), { tenant, base, after: at.version })
        if (result !== 'lost' && 'saved' in result) return { status: 202 }
        at = result === 'lost' ? undefined : result.instead
      }
    },
  }
}

function underWay(task: Resource): Answer {
  return { status: 202, headers: { 'x-progress': progressOf(task).slice(0, 100), 'retry-after': '1' } }
}

/** The answer of an import that is over. */
export function ended(task: Resource | undefined, id: string): Resource {
  const answer = task && answerOf(task)
  if (task === undefined || task['status'] === 'cancelled' || answer === undefined) throw unknown(id)
  if (answer.resourceType !== 'OperationOutcome') return answer
  throw new FhirError(issuesOf(answer))
}

function unknown(id: string): Error {
  return fail('not-found', `there is no import under the id '${id}', or it was cancelled`)
}

/** As they were told to the record. */
function issuesOf({ issue }: Resource): readonly Issue[] {
  return (Array.isArray(issue) ? issue : []).filter(isObject) as unknown as readonly Issue[]
}
