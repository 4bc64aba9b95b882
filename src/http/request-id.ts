/** X-Request-Id: the client's own if it is harmless in headers and logs, else ours. https://hl7.org/fhir/R4/http.html#custom */
import type { IncomingMessage } from 'node:http'

const longest = 128

/** Ids of one process share a random beginning, so that none comes twice. */
export function requestIds(random: (bytes: number) => Uint8Array): (request: IncomingMessage) => string {
  const start = Buffer.from(random(6)).toString('base64url')
  let count = 0
  return ({ headers }) => {
    const given = headers['x-request-id']
    return typeof given === 'string' && isHarmless(given) ? given : `${start}-${(++count).toString(36)}`
  }
}

/**
 * "When the server assigned id is different to the client assigned id, the server SHOULD also return the X-Correlation-Id
 * header with the client's original id in it." Only text of a bearable length goes back.
 */
export function correlationId({ headers }: IncomingMessage, id: string): string | undefined {
  const given = headers['x-request-id']
  const differs = typeof given === 'string' && given !== id
  return differs && given.length <= longest && /^[\x20-\x7e]+$/.test(given) ? given : undefined
}

function isHarmless(id: string): boolean {
  return id.length <= longest && /^[\w.:/+=@-]+$/.test(id)
}
