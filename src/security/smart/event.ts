/** What happened at the authorization server: for the log and the audit. */
export type SmartEvent =
  /** A bug of ours: the client got an answer that tells nothing. */
  | { readonly event: 'oauth.failed'; readonly error: unknown }
  | {
      readonly event:
        | 'oauth.authorized'
        | 'oauth.client-changed'
        | 'oauth.keys-changed'
        | 'oauth.token-issued'
        | 'oauth.token-refused'
        | 'oauth.token-revoked'
      readonly tenant: string
      /** Absent: one that we do not know. */
      readonly client?: string
      /** Id; absent where a client acts for itself. */
      readonly account?: string
      readonly address?: string
      /** By which grant, the scopes, or the error. */
      readonly detail: string
    }
