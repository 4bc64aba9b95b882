/** The main thread's end of the writer: gathers the jobs of a loop turn into one message and matches the answers. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { OutcomeUnknown, type StoreEvent, StoreUnavailable } from '../port.ts'
import type { Answer, FromWriter, Job, Results } from './job.ts'
import type { WriterNeeds } from './writer.ts'

export type Queue = {
  ask<J extends Job>(job: J): Promise<Results[J['do']]>
  /** Refuses what comes from now on, calls `drained` when all that was asked is answered, resolves when the file is closed. */
  close(drained: () => Promise<void>): Promise<void>
}

type Entry = {
  readonly job: Job
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

  /** A thread that died is replaced at the next need, so that nobody ever waits for it. */
  function start(): Writer {
    const entry = new URL(`./writer${extname(import.meta.url)}`, import.meta.url)
    const workerData: WriterNeeds = { file: needs.file, synchronous: needs.synchronous }
    const started: Writer = { thread: new Worker(entry, { workerData }), sent: [], open: false }
    let cause: Error | undefined
    if (starts++ > 0) needs.observe({ event: 'store.retry', step: 'writer', attempt: starts })
    started.thread.on('message', (message: FromWriter) => {
      if (message === 'open') started.open = true
      else settle(started, message)
    })
    started.thread.on('error', error => {
      cause = error as Error
    })
    started.thread.on('exit', () => {
      if (writer === started) writer = undefined
      if (started.sent.length > 0) lost(started, cause ?? new Error('the writer ended'))
    })
    return started
  }

  function settle({ sent }: Writer, answers: readonly Answer[]): void {
    const entries = sent.splice(0, answers.length)
    const jobs = entries.map(({ job }) => job)
    needs.onDone(jobs)
    entries.forEach((entry, at) => {
      answer(entry, answers[at] as Answer)
    })
    report(needs, jobs)
  }

  function answer({ job, resolve, reject }: Entry, answer: Answer): void {
    if (answer.is === 'done') {
      resolve(answer.value as never)
      return
    }
    needs.observe({ event: 'store.failed', step: job.do, error: answer.error })
    reject(failure(job, answer.is === 'unknown', answer.error))
  }

  function lost({ sent, open }: Writer, error: Error): void {
    needs.observe({ event: 'store.failed', step: 'writer', error })
    for (const { job, reject } of sent.splice(0)) reject(failure(job, open, error))
  }

  function flush(): void {
    const entries = waiting
    waiting = []
    try {
      writer ??= start()
      writer.thread.postMessage(entries.map(({ job }) => job))
      writer.sent.push(...entries)
    } catch (error) {
      for (const { job, reject } of entries) reject(failure(job, false, error as Error)) // nothing was sent
    }
  }

  function enqueue(job: Job): Promise<never> {
    return new Promise((resolve, reject) => {
      if (waiting.push({ job, resolve, reject }) === 1) setImmediate(flush)
    })
  }

  async function finish(drained: () => Promise<void>): Promise<void> {
    const idle = writer === undefined && waiting.length === 0
    if (!idle) await enqueue({ do: 'ping' }).catch(() => undefined) // answers keep the order of the jobs
    await drained()
    if (writer) await enqueue({ do: 'close' })
  }

  return {
    ask: job => (closed ? Promise.reject(new StoreUnavailable('the store is closing')) : enqueue(job)),
    close(drained) {
      closed ??= finish(drained)
      return closed
    },
  }
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
