/**
 * Who asked too often: told to the audit once a minute for each of them, with how often that was, and for at most so many. A flood
 * costs the store as much as a trickle.
 */
import type { Turned } from '../security/audit/edge-event.ts'
import type { HttpEvent } from './event.ts'

export type Tally = {
  add(who: Turned): void
  /** Of the minute that ends; a timer does it. */
  tell(): void
  close(): void
}

const most = 100 // told by name within a minute: some 0.2 MB of events
const minute = 60_000 // ms

export function openTally(observe: (event: HttpEvent) => void): Tally {
  let counts = new Map<string, { readonly who: Turned; count: number }>()
  let timer: NodeJS.Timeout | undefined

  function tell(): void {
    clearTimeout(timer)
    timer = undefined
    const all = counts
    counts = new Map()
    for (const { who, count } of all.values()) observe({ event: 'http.throttled', ...who, count })
  }

  return {
    add(given) {
      const name = JSON.stringify(given)
      const isNamed = counts.has(name) || counts.size < most
      const [key, who] = isNamed ? [name, given] : ['', {}]
      const known = counts.get(key) ?? { who, count: 0 }
      known.count++
      counts.set(key, known)
      timer ??= setTimeout(tell, minute).unref()
    },
    tell,
    close: tell,
  }
}
