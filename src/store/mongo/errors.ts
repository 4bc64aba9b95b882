/** What the driver throws, in the port's words. Codes: https://www.mongodb.com/docs/manual/reference/error-codes/ */
import { MongoError, MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb'
import { OutcomeUnknown, type StoreNeeds, StoreUnavailable } from '../port.ts'

export const duplicateKey = 11000
export const namespaceExists = 48
export const indexNotFound = 27
/** Lock timeout, write conflict, transaction gone, snapshot too old. */
const losing = new Set<unknown>([24, 112, 246, 251, 239, duplicateKey])

/** What a transaction relied on has changed since it was read. */
export class Stale extends Error {
  override readonly name = 'Stale'
}

/** Nobody knows whether the transaction was committed. */
export class CommitUnknown extends Error {
  override readonly name = 'CommitUnknown'
}

export function lost(cause: unknown): never {
  throw new CommitUnknown('the answer to the commit was lost', { cause })
}

export function codeOf(error: unknown): unknown {
  return error instanceof MongoError && 'code' in error ? error.code : undefined
}

/** Somebody else was faster, or the cluster moved: the same may succeed when it is tried anew. */
export function isContention(error: unknown): boolean {
  if (error instanceof Stale) return true
  return error instanceof MongoError && (error.hasErrorLabel('TransientTransactionError') || losing.has(codeOf(error)))
}

export function hasUnknownCommit(error: unknown): boolean {
  if (error instanceof MongoNetworkError) return true
  return error instanceof MongoError && error.hasErrorLabel('UnknownTransactionCommitResult')
}

/** Errors of ours that say what happened stay; the driver's become `StoreUnavailable`, except for those that show a mistake of ours. */
export function toStoreError(step: string, error: unknown): unknown {
  if (error instanceof StoreUnavailable || error instanceof OutcomeUnknown) return error
  const ours = error instanceof MongoServerError && !isContention(error) && !passes(error)
  return error instanceof MongoError && !ours ? unavailable(step, error) : error
}

/** Server errors that are no mistake in the command: no primary, shutting down, out of time. */
function passes(error: MongoServerError): boolean {
  const passing = new Set<unknown>([6, 7, 50, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436])
  return passing.has(error.code) || error.hasErrorLabel('RetryableWriteError')
}

export function unavailable(step: string, cause: Error): StoreUnavailable {
  const what = cause instanceof MongoServerSelectionError ? 'no primary of the replica set answers' : cause.message
  return new StoreUnavailable(`the store could not ${step}: ${what}`, { cause })
}

export type Step = <A extends readonly unknown[], R>(
  name: string,
  run: (...args: A) => Promise<R>,
) => (...args: A) => Promise<R>

/** Wraps a call of the store: here a test may let it fail, and what the driver throws becomes the port's error. */
export function openSteps(fault: StoreNeeds['fault']): Step {
  return (name, run) =>
    async (...args) => {
      if (fault) await strike(fault, name)
      try {
        return await run(...args)
      } catch (error) {
        throw toStoreError(name, error)
      }
    }
}

export async function strike(fault: NonNullable<StoreNeeds['fault']>, name: string): Promise<void> {
  try {
    await fault(name)
  } catch (cause) {
    throw unavailable(name, cause as Error)
  }
}
