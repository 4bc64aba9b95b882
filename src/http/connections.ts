/** How many connections one address may hold: each costs memory even while it is silent. */
import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import { neighbourhood, within } from '../security/networks.ts'
import type { HttpEvent } from './event.ts'

export type ConnectionNeeds = {
  /** 0: any number. */
  readonly most: number
  /** Addresses and networks that speak for many: proxies. */
  readonly trusted: readonly string[]
  readonly observe: (event: HttpEvent) => void
}

/** One too many is hung up on without a word, before it costs a handshake. */
export function limitConnections(server: Server, { most, trusted, observe }: ConnectionNeeds): void {
  if (most === 0) return
  const isFree = within([...trusted, '127.0.0.0/8', '::1'])
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const { remoteAddress = '' } = socket
    if (isFree(remoteAddress)) return
    const from = neighbourhood(remoteAddress)
    const count = (open.get(from) ?? 0) + 1
    if (count > most) {
      observe({ event: 'http.crowded', most })
      socket.destroy()
      return
    }
    open.set(from, count)
    socket.once('close', () => {
      const left = (open.get(from) ?? 1) - 1
      if (left === 0) open.delete(from)
      else open.set(from, left)
    })
  })
}
