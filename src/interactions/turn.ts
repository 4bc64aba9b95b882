/** Long work in slices, so that nobody waits for it. */
import { setImmediate as next } from 'node:timers/promises'

const slice = 4 // ms

/**
 * For all long work of a process together: asked as often as one likes, it lets others have their turn only once those who ask
 * have worked for a slice. Those who work side by side share it, for one is let go on after the other: of 32 entries of a batch
 * each would find that there is time left. `elapsed`: ms that only ever rise.
 */
export function openTurn(elapsed: () => number): () => Promise<void> {
  const waiting: (() => void)[] = []
  let since = elapsed()
  let isReleasing = false

  async function release(): Promise<void> {
    isReleasing = true
    for (let first = waiting.shift(); first !== undefined; first = waiting.shift()) {
      if (elapsed() - since >= slice) {
        await next()
        since = elapsed()
      }
      first()
      await settled()
    }
    isReleasing = false
  }

  return async () => {
    const released = new Promise<void>(resolve => waiting.push(resolve))
    if (!isReleasing) void release()
    await released
  }
}

/** All is done that can be done without waiting: Node runs this when there are no more promises to settle. */
function settled(): Promise<void> {
  return new Promise(resolve => process.nextTick(resolve))
}
