/** Whose request it is, as far as addresses tell: for limits, allow-lists and the audit. */
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { within } from '../security/networks.ts'
import { memo } from './memo.ts'

/** An IP address; `unknown` where the connection has none any more. */
export type AddressOf = (request: Pick<IncomingMessage, 'headers' | 'socket'>) => string

/**
 * Each proxy appends the address that it was asked from to X-Forwarded-For. Read from the end, the first that is no proxy of ours
 * is the client; what stands before it anybody can have written.
 */
export function addressFinder(trusted: readonly string[]): AddressOf {
  const isProxy = within(trusted)
  const peerOf = memo(plain)
  return ({ headers, socket }) => {
    const peer = peerOf(socket.remoteAddress ?? 'unknown')
    const forwarded = trusted.length === 0 ? undefined : headers['x-forwarded-for']
    return forwarded === undefined ? peer : behind(peer, String(forwarded), isProxy)
  }
}

function behind(peer: string, forwarded: string, isProxy: (address: string) => boolean): string {
  const hops = forwarded.split(',')
  let known = peer
  while (isProxy(known)) {
    const hop = plain(hops.pop() ?? '')
    if (isIP(hop) === 0) break // nobody stands before, or what the proxy says cannot be understood
    known = hop
  }
  return known
}

/** Some proxies add the port; and where IPv6 is listened on, IPv4 addresses come as `::ffff:10.0.0.1`. */
function plain(text: string): string {
  const hop = text.trim()
  const [, address = hop] = /^\[([^\]]*)\](?::\d+)?$/.exec(hop) ?? /^([\d.]+):\d+$/.exec(hop) ?? []
  return address.replace(/^::ffff:(?=[\d.]+$)/i, '')
}
