/** In a thread of its own: four readers and a writer, one request after the other each, while the other thread does its work. */
import { parentPort, Worker, workerData } from 'node:worker_threads'

/** What the requests took, in ms. */
export type Times = { readonly reads: readonly number[]; readonly writes: readonly number[] }

export type Hammer = {
  /** What they took while this was done. */
  during(work: () => Promise<unknown>): Promise<Times>
  end(): Promise<unknown>
}

/** Warm already. `base`: of a server that knows nobody. */
export async function openHammer(base: string): Promise<Hammer> {
  const worker = new Worker(new URL(import.meta.url), { workerData: base })
  await told<'warm'>(worker)
  return {
    async during(work) {
      worker.postMessage('start')
      await work()
      worker.postMessage('stop')
      return told<Times>(worker)
    },
    end: () => worker.terminate(),
  }
}

function told<T>(worker: Worker): Promise<T> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

async function hammer(base: string): Promise<void> {
  const headers = { 'content-type': 'application/fhir+json' }
  const body = JSON.stringify({ resourceType: 'Patient', name: [{ family: 'Chalmers' }] })
  const write = () => fetch(`${base}/Patient`, { method: 'POST', headers, body })
  const { id } = (await (await write()).json()) as { id: string }
  const read = () => fetch(`${base}/Patient/${id}`)
  let going = false
  const times = { reads: [] as number[], writes: [] as number[] }

  async function loop(ask: () => Promise<Response>, into: number[]): Promise<void> {
    while (going) {
      const since = performance.now()
      const answer = await ask()
      await answer.text()
      if (!answer.ok) throw new Error(`${answer.status}`)
      into.push(performance.now() - since)
    }
  }

  let loops: Promise<unknown> = Promise.resolve()
  parentPort?.on('message', async message => {
    going = message === 'start'
    if (going) {
      const readers = Array.from({ length: 4 }, () => loop(read, times.reads))
      loops = Promise.all([...readers, loop(write, times.writes)])
      return
    }
    await loops
    parentPort?.postMessage({ reads: times.reads.splice(0), writes: times.writes.splice(0) })
  })
  for (let n = 0; n < 50; n++) await Promise.all([read(), write()])
  parentPort?.postMessage('warm')
}

if (parentPort && typeof workerData === 'string') await hammer(workerData)
