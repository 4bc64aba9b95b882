import { type StoreNeeds, StoreUnavailable } from '../port.ts'

type Fault = NonNullable<StoreNeeds['fault']>

/** Wraps a call of the store: here a test may let it fail, and what the driver throws becomes the port's error. */
export function openSteps(fault: Fault | undefined) {
  return <A extends readonly unknown[], R>(name: string, run: (...args: A) => R | Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (fault) await strike(fault, name)
      try {
        const result = run(...args)
        return result instanceof Promise ? await result : result // reads are not made to wait
      } catch (error) {
        throw isDriverError(error) ? unavailable(name, error) : error
      }
    }
}

async function strike(fault: Fault, name: string): Promise<void> {
  try {
    await fault(name)
  } catch (cause) {
    throw unavailable(name, cause as Error)
  }
}

/** A call that need not be waited for; as a step, where a test may let it fail. */
export function openPromptSteps(fault: Fault | undefined) {
  const step = openSteps(fault)
  return <A extends readonly unknown[], R>(name: string, run: (...args: A) => R): ((...args: A) => R | Promise<R>) => {
    if (fault) return step(name, run)
    return (...args) => {
      try {
        return run(...args)
      } catch (error) {
        throw isDriverError(error) ? unavailable(name, error) : error
      }
    }
  }
}

/** The first of the steps that a test wants to fail. */
export async function failing<S extends string>(fault: Fault, steps: readonly S[]): Promise<S | undefined> {
  for (const step of steps) {
    try {
      await fault(step)
    } catch {
      return step
    }
  }
  return undefined
}

function unavailable(name: string, cause: Error): StoreUnavailable {
  return new StoreUnavailable(`the store could not ${name}: ${cause.message}`, { cause })
}

function isDriverError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'ERR_SQLITE_ERROR' || code === 'ERR_INVALID_STATE' // the latter: the connection is closed
}
