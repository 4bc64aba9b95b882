/** A load in a thread of its own: it takes a minute of all that a processor has, and requests are to be answered meanwhile. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { End, FromThread, Progress, Task } from './task.ts'

export type Watching = {
  readonly progress: (progress: Progress) => void
  /** The load is given up at its next step, and what it wrote is cleared away; if it was all but done, it ends so. */
  readonly signal: AbortSignal
}

/** ms; a step that takes longer is cut off. What it leaves behind never counts, and a later load clears it away. */
const grace = 2_000

/** MB. Rows are garbage as soon as they are told: by itself V8 lets twice as much of it lie about, and is no faster. */
const young = 48

export function runInThread(task: Task, { progress, signal }: Watching): Promise<End> {
  const entry = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)
  const { promise, resolve, reject } = Promise.withResolvers<End>()
  const thread = new Worker(entry, { workerData: task, resourceLimits: { maxYoungGenerationSizeMb: young } })
  let cut: NodeJS.Timeout | undefined
  const cancel = (): void => {
    thread.postMessage('cancel')
    cut ??= setTimeout(() => void thread.terminate(), grace)
  }
  if (signal.aborted) cancel()
  signal.addEventListener('abort', cancel)
  thread.on('message', (message: FromThread) => {
    if (message.is === 'progress') progress(message.progress)
    else resolve(message)
  })
  thread.on('error', error => {
    if (isOutOfMemory(error)) resolve({ is: 'failed', loaded: [], why: 'the load needs more memory than there is' })
    else reject(error)
  })
  thread.on('exit', () => {
    signal.removeEventListener('abort', cancel)
    clearTimeout(cut)
    // Unless it has said another word.
    if (signal.aborted) resolve({ is: 'cancelled', loaded: [] })
    else reject(new Error('the loading thread ended without a word'))
  })
  return promise
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}
