/** What all processes share by the store and each of them asks for again and again: looked up anew when it is too old. */

export type Recent<T> = {
  /** A promise only where it must be looked up. */
  readonly of: (tenant: string) => T | Promise<T>
  /** What is known may be wrong. */
  readonly forget: (tenant: string) => void
}

type Held<T> = { readonly value: T; readonly at: number }

/** `lasting`: ms. `look` is told what was known before. Whoever asks while it is looked up waits for the same answer. */
export function recent<T>(
  clock: () => number,
  lasting: number,
  look: (tenant: string, before: T | undefined) => Promise<T>,
): Recent<T> {
  const known = new Map<string, Held<T>>()
  const asking = new Map<string, Promise<T>>()

  async function ask(tenant: string): Promise<T> {
    const at = clock()
    const value = await look(tenant, known.get(tenant)?.value)
    known.set(tenant, { value, at })
    return value
  }

  return {
    of(tenant) {
      const held = known.get(tenant)
      if (held !== undefined && Math.abs(clock() - held.at) < lasting) return held.value
      const before = asking.get(tenant)
      if (before) return before
      const answer = ask(tenant).finally(() => {
        if (asking.get(tenant) === answer) asking.delete(tenant)
      })
      asking.set(tenant, answer)
      return answer
    },
    forget(tenant) {
      const held = known.get(tenant)
      if (held) known.set(tenant, { ...held, at: Number.NEGATIVE_INFINITY })
      asking.delete(tenant) // it may have been asked before the change
    },
  }
}
