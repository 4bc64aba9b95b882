/** An authorization server elsewhere: a real socket, with keys that a test may change. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Test } from 'tap'

/** Of the body of a request. */
type Answering = (body: string) => unknown

export type Issuer = {
  readonly url: string
  /** What it answers, by path; anything else is 404. A test may change it. */
  readonly answers: Map<string, Answering | object | string>
  /** Paths that were asked for. */
  readonly asked: string[]
  readonly down: () => Promise<void>
}

export async function openIssuer(t: Test, path = ''): Promise<Issuer> {
  const answers: Issuer['answers'] = new Map()
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const { url = '' } = request
    asked.push(url)
    const answer = answers.get(url)
    const body = typeof answer === 'function' ? (answer as Answering)(await text(request)) : answer
    response.setHeader('content-type', 'application/json')
    response.setHeader('cache-control', 'max-age=120')
    response.writeHead(body === undefined ? 404 : 200).end(typeof body === 'string' ? body : JSON.stringify(body ?? {}))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const down = (): Promise<void> =>
    new Promise(resolve => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  t.teardown(down)
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const url = `${origin}${path}`
  answers.set(`${path}/.well-known/openid-configuration`, { issuer: url, jwks_uri: `${origin}/keys` })
  return { url, answers, asked, down }
}

/** A JWT that says what it is told to say. */
export function jwt(header: object, claims: object, signing: (input: Buffer) => Buffer): string {
  const input = [header, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${signing(Buffer.from(input)).toString('base64url')}`
}
