/** As far as the benchmarks use it; the package has no types of its own. */
declare module 'autocannon' {
  type Request = { method?: string; path: string; headers?: Readonly<Record<string, string>>; body?: string }
  type Client = { setRequests(requests: readonly Request[]): void }
  type Options = {
    readonly url: string
    readonly connections: number
    /** Seconds. */
    readonly duration?: number
    /** Requests, in place of a duration. */
    readonly amount?: number
    /** Milliseconds. */
    readonly sampleInt?: number
    /** Seconds that an answer may take. */
    readonly timeout?: number
    readonly requests?: readonly Request[]
    readonly setupClient?: (client: Client) => void
  }
  type Result = {
    readonly requests: { readonly average: number }
    readonly non2xx: number
    readonly errors: number
  }
  type Running = Promise<Result> & {
    on(event: 'response', heard: (client: Client, status: number, bytes: number, ms: number) => void): void
  }
  const autocannon: (options: Options) => Running
  // biome-ignore lint/style/noDefaultExport: that is how it is exported
  export default autocannon
}
