/** Who is turned away at the edge, before anything is done: for the log and the audit. */
export type EdgeEvent =
  /** So often within a minute: told once for whoever it was, since the audit must not grow by being asked too often. */
  | ({ readonly event: 'http.throttled'; readonly count: number } & Turned)
  /** Whoever sees the URL has the token. */
  | {
      readonly event: 'http.token-in-url'
      readonly tenant: string
      readonly request: string
      readonly address: string
    }

/** Whom a limit turned away; nothing of it: many others. */
export type Turned = {
  /** Absent where it was not asked for yet. */
  readonly tenant?: string
  readonly client?: string
  readonly account?: string
  /** Of IPv6, its network. */
  readonly address?: string
}
