/** Long work in portions: 5,000 entries would hold up all other requests. */

const portion = 16 // entries: some milliseconds

/** In order, one after the other. */
export async function inTurns<T, R>(
  items: readonly T[],
  turn: () => Promise<unknown>,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const done: R[] = []
  for (const [index, item] of items.entries()) {
    if (index > 0 && index % portion === 0) await turn()
    done.push(await work(item))
  }
  return done
}
