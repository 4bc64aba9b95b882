/** Connections that break the protocol before there is a request: they still get an OperationOutcome, where one can be sent. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type IssueCode, error as issue, toOutcome } from '../fhir/issue.ts'
import { printJson } from '../fhir/json.ts'
import { contentTypeOf } from '../fhir/media-type.ts'
import { statusLine } from '../fhir/status.ts'
import type { HttpEvent } from './event.ts'
import type { CommonHeaders, Lines } from './headers.ts'

const answers: Readonly<Record<string, readonly [status: number, code: IssueCode, diagnostics: string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'too-long',
    'the request line and headers are longer than this server accepts; a search may be sent by POST',
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'too-long', 'the extensions of the chunked encoding are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'timeout', 'the request was not sent in time'],
}

const malformed = [400, 'structure', 'this is not valid HTTP/1.1'] as const

/** Node hangs the response under way on its socket, and offers no public way to ask for it. */
type Busy = Socket & { readonly _httpMessage?: ServerResponse | null }

export function clientErrorHandler(observe: (event: HttpEvent) => void, headers: CommonHeaders) {
  return (failure: Error & { readonly code?: string }, socket: Busy): void => {
    const code = failure.code ?? failure.name
    if (/^ERR_(?:SSL|TLS)/.test(code)) {
      observe({ event: 'tls.failed', code })
      socket.destroy() // whatever we said, it could not be read
      return
    }
    const underWay = socket._httpMessage
    if (!socket.writable || code === 'ECONNRESET' || underWay?.headersSent) {
      socket.destroy()
      return
    }
    // The rubbish came behind a whole request, whose answer is still due: ours would be taken for that one.
    if (underWay?.req.complete) {
      underWay.once('close', () => socket.destroy())
      return
    }
    const [status, issueCode, diagnostics] = answers[code] ?? malformed
    observe({ event: 'http.malformed', code, status })
    const body = printJson(toOutcome([issue(issueCode, diagnostics)]))
    socket.end(print(status, headers({ headers: {}, socket }), body), () => socket.destroy())
  }
}

function print(status: number, headers: Lines, body: string): string {
  const common = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []))
  return [
    `HTTP/1.1 ${statusLine(status)}`,
    ...common,
    `Content-Type: ${contentTypeOf('json')}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}
