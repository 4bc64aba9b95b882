/** Long work in portions: 5,000 entries would hold up all other requests. */

/** In order, one after the other. */
export async function inTurns<T, R>(
  items: readonly T[],
  turn: () => Promise<unknown>,
  work: (item: T, index: number) => R | Promise<R>,
): Promise<readonly R[]> {
  const done: R[] = []
  for (const [index, item] of items.entries()) {
    await turn()
    done.push(await work(item, index))
  }
  return done
}

const together = 32 // so many wait for the store at once

/** In order, some side by side. */
export async function sideBySide<T, R>(
  items: readonly T[],
  turn: () => Promise<unknown>,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const done: R[] = []
  for (let at = 0; at < items.length; at += together) {
    await turn()
    done.push(...(await Promise.all(items.slice(at, at + together).map(work))))
  }
  return done
}
