/** What happened to accounts: for the log and the audit. Nobody is named but by the id of the account. */
export type AccountEvent = {
  readonly event:
    | 'account.signed-in'
    | 'account.refused'
    | 'account.held-off'
    | 'account.signed-out'
    | 'account.changed'
    | 'account.launched'
  readonly tenant: string
  /** Absent: a name that we do not know. */
  readonly account?: string
  /** Where from. */
  readonly address?: string
  /** How it was signed in, which factor was refused, what was changed. */
  readonly detail: string
}
