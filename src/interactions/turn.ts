/** Long work in slices, so that nobody waits for it. */
import { setImmediate as next } from 'node:timers/promises'

const slice = 8 // ms

/**
 * For all long work of a process together: asked as often as one likes, it lets others have their turn only once those who ask
 * have worked for a slice. `elapsed`: ms that only ever rise.
 */
export function openTurn(elapsed: () => number): () => Promise<void> {
  let since = elapsed()
  return async () => {
    if (elapsed() - since < slice) return
    await next()
    since = elapsed()
  }
}
