/** Who holds the master keys: a file, or a service that never gives them away. Data keys are all that it is asked for. */
export type KeyWrapper = {
  /** The name of the master key that new data keys are wrapped with. */
  readonly current: () => Promise<string>
  /** `about` belongs to the key: elsewhere it cannot be unwrapped. */
  readonly wrap: (key: Uint8Array, about: string) => Promise<Wrapped>
  /** Throws `BadKeys` unless it was wrapped here, about this. */
  readonly unwrap: (wrapped: Wrapped, about: string) => Promise<Uint8Array>
}

export type Wrapped = {
  /** The name of the master key. */
  readonly by: string
  readonly text: string
}

/** The keys do not fit the store or the settings: an obstacle that the operator can remove. */
export class BadKeys extends Error {
  override readonly name = 'BadKeys'
}
