/** A client with connections of its own that knows the difference between an answer and none. */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

export type Reply = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly text: string }

/** The connection ended before the answer was whole: nobody knows what became of the request. */
export class Lost extends Error {
  override readonly name = 'Lost'
}

export type Asked = {
  readonly method: string
  /** Below the FHIR base. */
  readonly path: string
  readonly body?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export type Client = {
  ask(asked: Asked): Promise<Reply>
  close(): void
}

const patience = 30_000 // ms without a byte; a server that is alive answers long before

export function openClient(origin: string): Client {
  const agent = new Agent({ keepAlive: true })
  return {
    ask: asked => ask(agent, origin, asked),
    close: () => agent.destroy(),
  }
}

function ask(agent: Agent, origin: string, { method, path, body, headers }: Asked): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const lost = (cause?: Error): void => reject(new Lost(`${method} ${path}: ${cause?.message ?? 'cut'}`, { cause }))
    const type = body === undefined ? {} : { 'content-type': 'application/fhir+json' }
    const sent = request(`${origin}/fhir/${path}`, { agent, method, headers: { ...type, ...headers } }, answer => {
      collect(answer).then(text => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }), lost)
    })
    sent.setTimeout(patience, () => sent.destroy(new Error(`no answer within ${patience} ms`)))
    sent.on('error', lost)
    sent.end(body)
  })
}

async function collect(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  if (!answer.complete) throw new Error('the answer was cut')
  return Buffer.concat(chunks).toString()
}

/** Calls `act` for all of them, a few at once. */
export async function each<T>(items: Iterable<T>, act: (item: T) => Promise<void>, atOnce = 16): Promise<void> {
  const left = items[Symbol.iterator]()
  const work = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) await act(next.value)
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}
