/** Long work in slices, so that nobody waits for it. */

const slice = 4 // ms

/**
 * For all long work of a process together: asked as often as one likes, it lets others have their turn only once those who ask
 * have worked for a slice. Then they go on one by one, others between each two: several at once are no longer in the way than one.
 * `elapsed`: ms that only ever rise.
 */
export function openTurn(elapsed: () => number): () => Promise<void> {
  const waiting: (() => void)[] = []
  let since = elapsed()

  /** What is due immediately while this runs is done once requests that have come meanwhile had their turn. */
  function next(): void {
    if (waiting.length > 1) setImmediate(next)
    waiting.shift()?.()
    since = elapsed()
  }

  return async () => {
    if (elapsed() - since < slice) return
    const { promise, resolve } = Promise.withResolvers<void>()
    if (waiting.push(resolve) === 1) setImmediate(next)
    await promise
  }
}
