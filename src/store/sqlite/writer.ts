/** The entry of the writer's thread: it takes all that waits, so that many commits share one transaction and one fsync. */
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { openCheckpoints } from './checkpoint.ts'
import { openWriting, type Synchronous } from './connection.ts'
import type { FromWriter, Job } from './job.ts'
import { type Part, withParts } from './parts.ts'
import { fault, openTransactions } from './transaction.ts'

export type WriterNeeds = { readonly file: string; readonly synchronous: Synchronous }

type Message = readonly Job[] | Part

const enough = 512 // jobs in one transaction, so that other processes get their turn at the file

function write(port: MessagePort, { file, synchronous }: WriterNeeds): void {
  const db = openWriting(file, synchronous)
  const transaction = openTransactions(db)
  const checkpoint = openCheckpoints(db, file)
  const send = (message: FromWriter) => port.postMessage(message)

  const parts = new Map<number, Part[]>()

  /** None, of a message that only precedes its commit. */
  function taken(message: Message): readonly Job[] {
    if (!('partOf' in message)) return message.map(whole)
    const known = parts.get(message.partOf)
    if (known) known.push(message)
    else parts.set(message.partOf, [message])
    return []
  }

  function whole(job: Job): Job {
    if (job.do !== 'commit' || job.parts === undefined) return job
    const own = parts.get(job.parts) ?? []
    parts.delete(job.parts)
    return withParts(job, own)
  }

  port.on('message', (message: Message) => {
    const first = taken(message)
    if (first.length === 0) return
    if (first[0]?.do === 'close') {
      db.close() // the last connection of all processes empties the log into the file
      send([{ is: 'done', value: undefined }])
      port.close()
      return
    }
    const jobs = gather(port, first, taken)
    const answers = transaction(jobs)
    fault(jobs, 'commit.answer') // uncaught: the thread dies between the deed and the word
    send(answers)
    checkpoint()
  })
  send('open')
}

function gather(port: MessagePort, first: readonly Job[], taken: (message: Message) => readonly Job[]): readonly Job[] {
  const jobs = [...first]
  while (jobs.length < enough) {
    const next = receiveMessageOnPort(port) as { message: Message } | undefined
    if (!next) break
    jobs.push(...taken(next.message))
  }
  return jobs
}

if (parentPort) write(parentPort, workerData as WriterNeeds)
