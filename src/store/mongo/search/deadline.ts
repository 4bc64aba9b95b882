import { MongoServerError } from 'mongodb'
import { TooCostly } from '../../port.ts'
import { codeOf } from '../errors.ts'

/** What is left of a search's time, over all commands that it takes. */
export type Deadline = {
  /** Runs a command that the server gives up in time; should it not, we do. */
  run<T>(command: (options: CommandTime) => Promise<T>): Promise<T>
}

export type CommandTime = { readonly maxTimeMS: number; readonly signal: AbortSignal }

const outOfTime = 50 // https://www.mongodb.com/docs/manual/reference/error-codes/
const grace = 100 // ms for the server's own refusal to arrive

/** A stopwatch, and not the clock of the store: that one may be set. */
export function openDeadline(budget: number): Deadline {
  const end = performance.now() + budget
  return {
    async run(command) {
      const left = Math.ceil(end - performance.now())
      if (left <= 0) throw tooCostly(budget)
      const signal = AbortSignal.timeout(left + grace)
      try {
        return await command({ maxTimeMS: left, signal })
      } catch (error) {
        const late = signal.aborted || (error instanceof MongoServerError && codeOf(error) === outOfTime)
        throw late ? tooCostly(budget, error) : error
      }
    },
  }
}

function tooCostly(budget: number, cause?: unknown): TooCostly {
  return new TooCostly(`the search took longer than ${budget} ms`, { cause })
}
