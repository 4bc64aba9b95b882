/** The main thread's end of the writer: gathers the jobs of a loop turn into one message and matches the answers. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OutcomeUnknown, type StoreEvent, StoreUnavailable } from '../port.ts'
import type { Answer, CommitJob, FromWriter, Job, Results } from './job.ts'
import { isLarge, sendParts, withoutParts } from './parts.ts'
import type { WriterNeeds } from './writer.ts'

export type Queue = {
  /** A job that takes time to prepare counts as asked from the beginning. */
  ask<J extends Job>(job: J | Promise<J>): Promise<Results[J['do']]>
  /** Refuses what comes from now on, calls `drained` when all that was asked is answered, resolves when the file is closed. */
  close(drained: () => Promise<void>): Promise<void>
}

type Entry = {
  readonly job: Job
  /** The same, or what is left of it to send. */
  readonly message: Job
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}

type Writer = {
  readonly thread: Worker
  /** Sent and not answered, in order. */
  readonly sent: Entry[]
  /** Its file is open; before that it cannot have done anything. */
  open: boolean
}

export type QueueNeeds = WriterNeeds & {
  readonly clock: () => number
  readonly observe: (event: StoreEvent) => void
  /** These jobs are done and visible. */
  readonly onDone: (jobs: readonly Job[]) => void
}

export function openQueue(needs: QueueNeeds): Queue {
  let writer: Writer | undefined
  let waiting: Entry[] = []
  let closed: Promise<void> | undefined
  let starts = 0
  let large = 0
  const long = new Set<Promise<never>>()

  /** A thread that died is replaced at the next need, so that nobody ever waits for it. */
  function start(): Writer {
    if (starts++ > 0) needs.observe({ event: 'store.retry', step: 'writer', attempt: starts })
    const started = launch(
      needs,
      answers => settle(started, answers),
      cause => {
        if (writer === started) writer = undefined
        if (started.sent.length > 0) lost(needs, started, cause)
      },
    )
    return started
  }

  function settle({ sent }: Writer, answers: readonly Answer[]): void {
    const entries = sent.splice(0, answers.length)
    const jobs = entries.map(({ job }) => job)
    needs.onDone(jobs)
    entries.forEach((entry, at) => {
      answer(needs, entry, answers[at] as Answer)
    })
    report(needs, jobs)
  }

  function flush(): void {
    const entries = waiting
    waiting = []
    try {
      writer ??= start()
      writer.thread.postMessage(entries.map(({ message }) => message))
      writer.sent.push(...entries)
    } catch (error) {
      for (const { job, reject } of entries) reject(failure(job, false, error as Error)) // nothing was sent
    }
  }

  function enqueue(job: Job, message = job): Promise<never> {
    return new Promise((resolve, reject) => {
      if (waiting.push({ job, message, resolve, reject }) === 1) setImmediate(flush)
    })
  }

  /** What was sent so far has no effect, whatever happens before the last message. */
  async function enqueueInParts(job: CommitJob): Promise<never> {
    writer ??= start()
    const to = writer
    const parts = ++large
    await sendParts(job, parts, part => to.thread.postMessage(part))
    if (writer !== to) throw failure(job, false, new Error('the writer ended'))
    return enqueue(job, withoutParts(job, parts))
  }

  async function enqueuePrepared(preparing: Promise<Job>): Promise<never> {
    const job = await preparing
    return job.do === 'commit' && isLarge(job.commit) ? enqueueInParts(job) : enqueue(job)
  }

  async function underWay(work: Promise<never>): Promise<never> {
    long.add(work)
    return work.finally(() => long.delete(work))
  }

  async function finish(drained: () => Promise<void>): Promise<void> {
    await Promise.allSettled(long)
    const idle = writer === undefined && waiting.length === 0
    if (!idle) await enqueue({ do: 'ping' }).catch(() => undefined) // answers keep the order of the jobs
    await drained()
    if (writer) await enqueue({ do: 'close' })
  }

  return {
    ask(job) {
      if (closed) return Promise.reject(new StoreUnavailable('the store is closing'))
      return job instanceof Promise ? underWay(enqueuePrepared(job)) : enqueue(job)
    },
    close(drained) {
      closed ??= finish(drained)
      return closed
    },
  }
}

function launch(
  { file, synchronous }: WriterNeeds,
  onAnswers: (answers: readonly Answer[]) => void,
  onExit: (cause: Error) => void,
): Writer {
  const entry = new URL(`./writer${extname(import.meta.url)}`, import.meta.url)
  const workerData: WriterNeeds = { file, synchronous }
  const writer: Writer = { thread: new Worker(entry, { workerData }), sent: [], open: false }
  let cause: Error | undefined
  writer.thread.on('message', (message: FromWriter) => {
    if (message === 'open') writer.open = true
    else onAnswers(message)
  })
  writer.thread.on('error', error => {
    cause = error as Error
  })
  writer.thread.on('exit', () => onExit(cause ?? new Error('the writer ended')))
  return writer
}

function answer({ observe }: QueueNeeds, { job, resolve, reject }: Entry, answer: Answer): void {
  if (answer.is === 'done') {
    resolve(answer.value as never)
    return
  }
  observe({ event: 'store.failed', step: job.do, error: answer.error })
  reject(failure(job, answer.is === 'unknown', answer.error))
}

function lost({ observe }: QueueNeeds, { sent, open }: Writer, error: Error): void {
  observe({ event: 'store.failed', step: 'writer', error })
  for (const { job, reject } of sent.splice(0)) reject(failure(job, open, error))
}

/** `ms`: how long the oldest of them took. */
function report({ observe, clock }: QueueNeeds, jobs: readonly Job[]): void {
  const commits = jobs.filter(job => job.do === 'commit')
  const [oldest] = commits
  if (!oldest) return
  const writes = commits.reduce((sum, { commit }) => sum + commit.writes.length, 0)
  observe({ event: 'store.commit', commits: commits.length, writes, ms: clock() - oldest.now })
}

function failure(job: Job, unknown: boolean, cause: Error): Error {
  return unknown && job.do === 'commit'
    ? new OutcomeUnknown('the store failed while it committed; the commit may have happened', { cause })
    : new StoreUnavailable(`the store could not be written: ${cause.message}`, { cause })
}
