/**
 * What is known at once, or comes later because something has to be looked up. Nearly all of a search is known at once, and a
 * promise for each of its parts takes longer than the parts themselves.
 */
export type Soon<T> = T | Promise<T>

export function soon<T, R>(value: Soon<T>, use: (value: T) => Soon<R>): Soon<R> {
  return value instanceof Promise ? value.then(use) : use(value)
}

/** What fails, now or later, is a rejection: so no other one of them is left alone with its own. */
export function eachSoon<T, R>(items: readonly T[], make: (item: T) => Soon<R>): Soon<readonly R[]> {
  const made = items.map(item => {
    try {
      return make(item)
    } catch (error) {
      return Promise.reject(error)
    }
  })
  return made.some(one => one instanceof Promise) ? Promise.all(made) : (made as readonly R[])
}
