/** An answer as HTTP. https://hl7.org/fhir/R4/http.html#general */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Answer, Headers } from '../interactions/interaction.ts'
import { readable } from './cross-origin.ts'
import type { CommonHeaders } from './headers.ts'
import { bare, compressor, contentHeaders, render, type ToXml, type Wish } from './representation.ts'
import { correlationId } from './request-id.ts'

/** A promise only where compressing takes a while. */
export type Send = (
  given: Answer,
  wish: Wish,
  request: FastifyRequest,
  reply: FastifyReply,
) => Promise<void> | undefined

/** `crosses`: whether pages of other origins may read what is at this URL. */
export function sender(toXml: ToXml, crosses: (url: string) => boolean, headers: CommonHeaders): Send {
  const compressed = compressor()
  const writeHead = headWriter(crosses, headers)
  const end = turn()
  return (given, wish, request, reply) => {
    const { body } = given
    if (body === undefined) {
      end(reply, writeHead(given, request, reply, bare))
      return undefined
    }
    if (body.is === 'content') {
      end(reply, writeHead(given, request, reply, contentHeaders(body), body.bytes))
      return undefined
    }
    const text = render(body.json, wish, toXml)
    const packed = compressed(text, request.raw.headers['accept-encoding'])
    if (packed) return packed.then(bytes => end(reply, writeHead(given, request, reply, packedHeaders(wish), bytes)))
    end(reply, writeHead(given, request, reply, wish.headers, text))
    return undefined
  }
}

type Text = string | Uint8Array | undefined

/**
 * Answers that are ready without waiting leave together, one behind the other. Writing to a client that sleeps wakes it, which is
 * the dearest part of a small answer; so it is woken once for all of them, and asks again with as many at once.
 */
function turn(): (reply: FastifyReply, body: Text) => void {
  let ready: { readonly reply: FastifyReply; readonly body: Text }[] = []
  function leave(): void {
    const leaving = ready
    ready = []
    for (const { reply, body } of leaving) reply.raw.end(body)
  }
  return (reply, body) => {
    if (ready.push({ reply, body }) === 1) process.nextTick(leave) // Node runs this when there are no more promises to settle
  }
}

/** Only here does Accept-Encoding matter to caches: an answer that is not compressed suits everybody. */
function packedHeaders({ headers }: Wish): Headers {
  return { ...headers, vary: `${headers['vary']}, Accept-Encoding`, 'content-encoding': 'gzip' }
}

/**
 * Past Fastify straight to Node, in one go: headers set one by one, which Fastify then copies and Node checks again, cost a
 * tenth of a whole read. `writeHead` throws, and nothing is sent, if a value cannot be a header.
 */
function headWriter(crosses: (url: string) => boolean, common: CommonHeaders) {
  return (
    { status, headers }: Answer,
    { id, raw }: FastifyRequest,
    reply: FastifyReply,
    own: Headers,
    body?: Text,
  ): Text => {
    const lines = [...common(raw), 'X-Request-Id', id]
    const correlation = correlationId(raw, id)
    if (correlation !== undefined) lines.push('X-Correlation-Id', correlation)
    if (raw.headers.origin !== undefined && crosses(raw.url ?? '')) lines.push(...readable)
    collect(lines, own)
    collect(lines, headers)
    if (status !== 204 && status !== 304) lines.push('Content-Length', String(body ? Buffer.byteLength(body) : 0))
    reply.hijack()
    reply.raw.writeHead(status, lines)
    return body
  }
}

function collect(lines: string[], headers: Headers | undefined): void {
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) lines.push(name, value)
  }
}
