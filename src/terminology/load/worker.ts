/** The entry of a loading thread: one task, and its end. What else happens ends the thread with an error. */
import { randomBytes } from 'node:crypto'
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { runTask } from './run.ts'
import type { FromThread, Task } from './task.ts'

async function run(port: MessagePort, task: Task): Promise<void> {
  const send = (message: FromThread): void => port.postMessage(message)
  let isCancelled = false
  const end = await runTask(task, {
    clock: Date.now,
    random: randomBytes,
    tell: progress => send({ is: 'progress', progress }),
    isCancelled: () => {
      isCancelled ||= receiveMessageOnPort(port) !== undefined // there is one thing to be said to it
      return isCancelled
    },
  })
  send(end)
}

if (parentPort) await run(parentPort, workerData as Task)
