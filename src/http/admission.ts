/** Turns requests away while the event loop is late, so that a busy process stays quick for those whom it serves. */
import type { HttpEvent } from './event.ts'

export type Admission = {
  overloaded(): boolean
  /** Ends a window and judges it; a timer does it four times a second. */
  judge(): void
  close(): void
}

const window = 250 // ms: a single long garbage collection does not make the mean of a window

export type AdmissionNeeds = {
  /** How late the event loop was since the last reset, in milliseconds; `NaN` if nothing was measured. */
  readonly mean: () => number
  readonly reset: () => void
  /** Milliseconds; 0: never overloaded. */
  readonly bound: number
  readonly observe: (event: HttpEvent) => void
}

export function watchDelay({ mean, reset, bound, observe }: AdmissionNeeds): Admission {
  let late = false
  function judge(): void {
    const delay = mean()
    reset()
    const now = bound > 0 && delay > bound // NaN is not above
    if (now && !late) observe({ event: 'http.overloaded', delay, bound })
    late = now
  }
  const timer = setInterval(judge, window)
  timer.unref()
  return { overloaded: () => late, judge, close: () => clearInterval(timer) }
}
