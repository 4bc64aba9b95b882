/** What one connection may take: against clients that send slowly, endlessly, or never read. */
export type Limits = {
  readonly requestTimeout: number
  readonly keepAliveTimeout: number
  readonly connectionTimeout: number
  readonly http: Connections
}

type Connections = {
  readonly maxHeaderSize: number
  readonly headersTimeout: number
  readonly connectionsCheckingInterval: number
  readonly requireHostHeader: false
  readonly joinDuplicateHeaders: true
}

/** All in milliseconds but for sizes in bytes. `requestTimeout` bounds a whole request, its body included. */
export function limitsFor(requestTimeout: number): Limits {
  return {
    requestTimeout,
    keepAliveTimeout: 72_000, // longer than the 60 s of common load balancers, so that it is they who hang up
    connectionTimeout: 2 * requestTimeout + 60_000, // without a byte in either direction: longer than any request may take
    http: {
      maxHeaderSize: 32 * 1024, // long searches by GET, and tokens; Node's own 16 KB is tight
      headersTimeout: Math.min(requestTimeout, 15_000),
      connectionsCheckingInterval: Math.min(requestTimeout / 2, 5_000),
      requireHostHeader: false, // Node would answer without a body; `edgeOf` looks for it
      joinDuplicateHeaders: true, // Node would keep the first Host or Authorization of several; joined they are refused
    },
  }
}
