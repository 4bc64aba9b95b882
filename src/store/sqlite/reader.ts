/** The entry of a reader's thread: searches that would keep the main thread from serving others. */
import { parentPort, workerData } from 'node:worker_threads'
import { TooCostly } from '../port.ts'
import { openReading } from './connection.ts'
import { openNames } from './names.ts'
import { openSearch, type Search } from './search/search.ts'
import { openSnapshot } from './snapshot.ts'

export type ReaderNeeds = { readonly file: string }

type Call = 'search' | 'count' | 'explain'

/** What is asked, and how many ms are left for it. */
export type Request = {
  readonly [C in Call]: { readonly call: C; readonly query: Parameters<Search[C]>[0]; readonly budget: number }
}[Call]

export type Reply =
  | { readonly is: 'done'; readonly value: ReturnType<Search[Call]> }
  | { readonly is: 'too-costly' }
  | { readonly is: 'failed'; readonly error: Error }

function answer(search: Search, request: Request): Reply {
  const bounds = { budget: request.budget }
  try {
    if (request.call === 'search') return { is: 'done', value: search.search(request.query, bounds) }
    if (request.call === 'count') return { is: 'done', value: search.count(request.query, bounds) }
    return { is: 'done', value: search.explain(request.query, bounds) }
  } catch (error) {
    return error instanceof TooCostly ? { is: 'too-costly' } : { is: 'failed', error: error as Error }
  }
}

if (parentPort) {
  const port = parentPort
  const db = openReading((workerData as ReaderNeeds).file)
  const search = openSearch(db, openNames(db, 'tenant'), openNames(db, 'type'), openSnapshot(db))
  port.on('message', (request: Request) => port.postMessage(answer(search, request)))
}
