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

function isHarmless(id: string): boolean {
  return id.length <= longest && /^[\w.:/+=@-]+$/.test(id)
}
