/** The main thread's end of the readers: a few threads, each with one search at a time. */
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type StoreEvent, StoreUnavailable, TooCostly } from '../port.ts'
import type { ReaderNeeds, Reply, Request } from './reader.ts'
import { Postponed } from './search/effort.ts'
import type { Search } from './search/search.ts'

/** A search of ordinary size ends within this, and takes less time here than on its way to a thread and back. */
const helping = { rows: 5_000, ms: 10 }

const most = Math.max(1, Math.min(4, availableParallelism() - 1)) // threads; the main thread is to have a core

export type ReadersNeeds = ReaderNeeds & { readonly observe: (event: StoreEvent) => void }

type Call = Request['call']
type Waiting = {
  readonly request: Request
  /** Of this process, in ms. */
  readonly end: number
  readonly resolve: (value: never) => void
  readonly reject: (error: Error) => void
}
type Reader = { readonly thread: Worker; busy: Waiting | undefined }

export function openReaders(here: Search, { file, observe }: ReadersNeeds) {
  const readers = new Set<Reader>()
  const waiting: Waiting[] = []
  let open = true

  function start(): Reader {
    const entry = new URL(`./reader${extname(import.meta.url)}`, import.meta.url)
    const reader: Reader = {
      thread: new Worker(entry, { workerData: { file } satisfies ReaderNeeds }),
      busy: undefined,
    }
    let cause: Error | undefined
    reader.thread.on('message', (reply: Reply) => {
      const done = reader.busy
      reader.busy = undefined
      if (done) settle(done, reply)
      next()
    })
    reader.thread.on('error', error => {
      cause = error as Error
    })
    reader.thread.on('exit', () => {
      readers.delete(reader)
      const error = cause ?? new Error('the store is closing')
      if (reader.busy) settle(reader.busy, { is: 'failed', error })
      if (cause) observe({ event: 'store.failed', step: 'reader', error })
      next()
    })
    readers.add(reader)
    return reader
  }

  function settle({ resolve, reject }: Waiting, reply: Reply): void {
    if (reply.is === 'done') resolve(reply.value as never)
    else if (reply.is === 'too-costly') reject(new TooCostly('the search takes longer than it may'))
    else reject(new StoreUnavailable(`the store could not search: ${reply.error.message}`, { cause: reply.error }))
  }

  function next(): void {
    const idle = [...readers].find(({ busy }) => !busy)
    if (waiting.length === 0 || (!idle && readers.size >= most)) return
    const job = waiting.shift() as Waiting
    const left = job.end - performance.now()
    if (!open) settle(job, { is: 'failed', error: new Error('the store is closing') })
    else if (left <= 0) settle(job, { is: 'too-costly' })
    else {
      const reader = idle ?? start()
      reader.busy = job
      reader.thread.postMessage({ ...job.request, budget: left })
    }
    next()
  }

  function ask<C extends Call>(call: C, query: Parameters<Search[C]>[0]): Promise<ReturnType<Search[C]>> {
    const end = performance.now() + query.budget
    return new Promise((resolve, reject) => {
      waiting.push({ request: { call, query, budget: query.budget } as Request, end, resolve, reject })
      next()
    })
  }

  /** Here, if that is enough. */
  function call<C extends Call>(call: C) {
    const run = here[call] as (query: Parameters<Search[C]>[0], bounds: object) => ReturnType<Search[C]>
    return (query: Parameters<Search[C]>[0]): ReturnType<Search[C]> | Promise<ReturnType<Search[C]>> => {
      try {
        return run(query, { budget: query.budget, helping })
      } catch (error) {
        if (error instanceof Postponed) return ask(call, query)
        throw error
      }
    }
  }

  return {
    search: call('search'),
    count: call('count'),
    explain: call('explain'),
    async close(): Promise<void> {
      open = false
      next()
      await Promise.all([...readers].map(({ thread }) => thread.terminate()))
    },
  }
}
