/** Requests written as data, sent over a real socket as they stand, and what is expected to come back. */
import { type Agent, type IncomingMessage, request as open } from 'node:http'
import { gunzipSync, gzipSync } from 'node:zlib'

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** `{name}` in any text stands for a variable: `{root}`, `{base}`, or what an earlier request saved. */
export type Request = {
  readonly method: string
  /** What follows the FHIR base, its slash included; or a whole URL, or a path that starts with `{root}`. */
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as application/fhir+json, unless the headers name another type. */
  readonly body?: Json
  /** Sent as it stands. */
  readonly text?: string | readonly (string | { readonly repeat: string; readonly times: number })[]
  readonly base64?: string
  readonly gzip?: true
  /** Variable → where in the answer it is found: `header etag`, or a path in the body such as `entry[0].fullUrl`. */
  readonly save?: Readonly<Record<string, string>>
}

/** A text between slashes is a regular expression. */
export type Expected = {
  readonly status: number
  /** `null`: not there. */
  readonly headers?: Readonly<Record<string, string | null>>
  /** Of objects, the members that matter; of arrays, all items. */
  readonly body?: Json
  readonly text?: string
  readonly without?: string
  /** Paths in the body that lead nowhere. */
  readonly absent?: readonly string[]
}

export type Answer = {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  readonly body: Json | undefined
}

export type Variables = Map<string, string>

/** `base` without trailing slash. */
export async function send(agent: Agent, base: string, given: Request, variables: Variables): Promise<Answer> {
  const fill = (text: string): string => filled(text, variables)
  const target = fill(given.target)
  const { origin } = new URL(base)
  const path = given.target.startsWith('{root}')
    ? target
    : target.startsWith(origin)
      ? target.slice(origin.length)
      : `${base.slice(origin.length)}${target}`
  const payload = payloadOf(given, fill)
  const headers: Record<string, string> = {}
  if (payload !== undefined) headers['content-type'] = 'application/fhir+json'
  if (given.gzip) headers['content-encoding'] = 'gzip'
  for (const [name, value] of Object.entries(given.headers ?? {})) headers[name.toLowerCase()] = fill(value)
  if (headers['content-type'] === '') delete headers['content-type']
  if (payload !== undefined) headers['content-length'] = String(payload.length)
  const answer = await exchange(agent, origin, { method: given.method, path, headers }, payload)
  for (const [name, place] of Object.entries(given.save ?? {})) variables.set(name, saved(answer, place))
  return answer
}

function payloadOf({ body, text, base64, gzip }: Request, fill: (text: string) => string): Buffer | undefined {
  const plain =
    base64 !== undefined
      ? Buffer.from(base64, 'base64')
      : body !== undefined
        ? Buffer.from(fill(JSON.stringify(body)))
        : text !== undefined
          ? Buffer.from([text].flat().map(written).map(fill).join(''))
          : undefined
  return plain && gzip ? gzipSync(plain) : plain
}

function written(piece: string | { readonly repeat: string; readonly times: number }): string {
  return typeof piece === 'string' ? piece : piece.repeat.repeat(piece.times)
}

type Head = { readonly method: string; readonly path: string; readonly headers: Record<string, string> }

function exchange(agent: Agent, origin: string, head: Head, payload: Buffer | undefined): Promise<Answer> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    const sent = open({ ...head, agent, hostname, port }, incoming => {
      const chunks: Buffer[] = []
      incoming.on('data', chunk => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () => resolve(read(incoming, Buffer.concat(chunks))))
    })
    sent.on('error', reject)
    sent.end(payload)
  })
}

function read({ statusCode = 0, headers }: IncomingMessage, bytes: Buffer): Answer {
  const text = (headers['content-encoding'] === 'gzip' && bytes.length > 0 ? gunzipSync(bytes) : bytes).toString()
  const isJson = headers['content-type']?.includes('json') && text !== ''
  return { status: statusCode, headers, text, body: isJson ? JSON.parse(text) : undefined }
}

function saved({ headers, body, status }: Answer, place: string): string {
  const value = place.startsWith('header ') ? headers[place.slice('header '.length)] : at(body, place)
  if (value === undefined) throw new Error(`the answer (${status}) has nothing at ${place}`)
  return String(value)
}

function at(value: Json | undefined, path: string): Json | undefined {
  const steps = path.match(/[^.[\]]+/g) ?? []
  return steps.reduce<Json | undefined>(
    (here, step) => (here !== null && typeof here === 'object' ? (here as Record<string, Json>)[step] : undefined),
    value,
  )
}

/** What is not as expected, one sentence each. */
export function differences(found: Answer, expected: Expected, variables: Variables): string[] {
  const { status, headers, body, text, without, absent = [] } = expected
  const fill = (pattern: string): string => filled(pattern, variables)
  const wrong = found.status === status ? [] : [`status ${found.status}, expected ${status}`]
  wrong.push(...wrongHeaders(found.headers, headers, fill))
  if (text !== undefined && !matches(found.text, fill(text))) wrong.push(`the text is not ${fill(text)}`)
  if (without !== undefined && matches(found.text, fill(without))) wrong.push(`the text has ${fill(without)}`)
  if (body !== undefined) wrong.push(...unlike(found.body, body, '', fill))
  for (const path of absent) {
    const there = at(found.body, path)
    if (there !== undefined) wrong.push(`${path} is there: ${JSON.stringify(there)}`)
  }
  return wrong.length === 0 ? [] : [...wrong, found.text.slice(0, 1500)]
}

type Fill = (pattern: string) => string

function wrongHeaders(found: Answer['headers'], expected: Expected['headers'], fill: Fill): string[] {
  return Object.entries(expected ?? {}).flatMap(([name, value]) => {
    const has = found[name.toLowerCase()]?.toString()
    const right = value === null ? has === undefined : has !== undefined && matches(has, fill(value))
    return right ? [] : [`${name}: ${has}, expected ${value === null ? 'none' : fill(value)}`]
  })
}

function filled(text: string, variables: Variables): string {
  return text.replace(/\{(\w+)\}/g, (whole, name) => variables.get(name) ?? whole)
}

function matches(text: string, pattern: string): boolean {
  const source = /^\/(.*)\/$/s.exec(pattern)?.[1]
  return source === undefined ? text === pattern : new RegExp(source, 's').test(text)
}

function unlike(found: Json | undefined, expected: Json, path: string, fill: Fill): string[] {
  if (isObject(expected) && isObject(found)) {
    if (Array.isArray(expected) && (!Array.isArray(found) || found.length !== expected.length)) {
      return [`${path} has ${Array.isArray(found) ? found.length : 'no'} items, expected ${expected.length}`]
    }
    return Object.entries(expected).flatMap(([name, value]) =>
      unlike(found[name], value, path === '' ? name : `${path}.${name}`, fill),
    )
  }
  const wanted = typeof expected === 'string' ? fill(expected) : expected
  const same = typeof wanted === 'string' && typeof found === 'string' ? matches(found, wanted) : found === wanted
  return same
    ? []
    : [`${path || 'the body'} is ${JSON.stringify(found)?.slice(0, 300)}, expected ${JSON.stringify(wanted)}`]
}

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null
}
