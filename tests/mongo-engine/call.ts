/** What a command gets and gives. */
import type { Head } from './head.ts'
import type { PostgresClient } from './postgres-client.ts'
import type { Transaction } from './transactions.ts'

export type Call = {
  readonly head: Head
  readonly body: Buffer
  /** Documents that came beside the body. */
  readonly sequence: Buffer | undefined
  readonly client: PostgresClient
  readonly transaction: Transaction | undefined
}

/** A reply, and whether a cursor keeps the connection. */
export type Reply = Buffer | { readonly reply: Buffer; readonly keeps: boolean }
export type Command = (call: Call) => Promise<Reply>
