/**
 * A minimal PostgreSQL client: trust authentication, extended protocol, parameters and results in binary.
 * (Usual clients decode every cell as text, which breaks BSON.)
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
import { connect, type Socket } from 'node:net'
import { frames } from './frames.ts'

export type Row = readonly (Buffer | undefined)[]

export class PostgresError extends Error {
  readonly state: string
  constructor(message: string, state: string) {
    super(message)
    this.state = state
  }
}

type Call = {
  readonly resolve: (rows: Row[]) => void
  readonly reject: (error: Error) => void
  readonly rows: Row[]
  /** The statement that this call prepares, until the server has taken it. */
  preparing: string | undefined
  error: PostgresError | undefined
}

const tag = { dataRow: 0x44, error: 0x45, parsed: 0x31, ready: 0x5a }
const lost = () => new PostgresError('the connection to PostgreSQL was lost', '08006')

export class PostgresClient {
  #socket: Socket
  #call: Call | undefined
  #statements = new Map<string, string>()
  #gone: () => void
  dead = false

  /** `gone` is called once, when the connection has ended for whatever reason. */
  constructor(port: number, options: string, gone: () => void) {
    this.#gone = gone
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true)
    const cut = frames(5, start => start.readInt32BE(1) + 1)
    this.#socket.on('data', chunk => {
      for (const message of cut(chunk)) this.#take(message)
    })
    this.#socket.on('error', error => this.#end(error))
    this.#socket.on('close', () => this.#end(lost()))
    this.#socket.once('connect', () => this.#socket.write(startup({ user: 'postgres', database: 'postgres', options })))
  }

  /** Resolves when the server is ready for the first query. */
  connected(): Promise<unknown> {
    return this.#send([])
  }

  execute(sql: string): Promise<unknown> {
    return this.#send([message('Q', text(sql))])
  }

  query(sql: string, values: readonly (string | Buffer | undefined)[]): Promise<Row[]> {
    const known = this.#statements.get(sql)
    const name = known ?? `s${this.#statements.size}`
    const parse = known ? [] : [message('P', text(name), text(sql), Buffer.from([0, 0]))]
    this.#statements.set(sql, name)
    const rows = this.#send([...parse, bind(name, values), message('E', Buffer.alloc(5)), message('S')])
    if (!known && this.#call) this.#call.preparing = sql
    return rows
  }

  close(): void {
    this.#socket.end(message('X'))
    this.#end(lost())
  }

  #send(messages: readonly Buffer[]): Promise<Row[]> {
    if (this.dead) return Promise.reject(lost())
    if (this.#call) throw new Error('one query at a time')
    return new Promise((resolve, reject) => {
      this.#call = { resolve, reject, rows: [], preparing: undefined, error: undefined }
      if (messages.length > 0) this.#socket.write(Buffer.concat(messages))
    })
  }

  #take(message: Buffer): void {
    const call = this.#call
    if (!call) return
    if (message[0] === tag.dataRow) call.rows.push(readRow(message))
    else if (message[0] === tag.parsed) call.preparing = undefined
    else if (message[0] === tag.error) call.error = readError(message)
    else if (message[0] === tag.ready) {
      this.#call = undefined
      if (call.preparing !== undefined) this.#statements.delete(call.preparing)
      if (call.error) call.reject(call.error)
      else call.resolve(call.rows)
    }
  }

  #end(error: Error): void {
    if (this.dead) return
    this.dead = true
    this.#call?.reject(this.#call.error ?? error)
    this.#call = undefined
    this.#gone()
  }
}

const text = (value: string) => Buffer.from(`${value}\0`)

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const head = Buffer.allocUnsafe(5)
  head.write(type, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

function startup(settings: Readonly<Record<string, string>>): Buffer {
  const body = Buffer.concat([
    ...Object.entries(settings).flatMap(([name, value]) => [text(name), text(value)]),
    text(''),
  ])
  const head = Buffer.allocUnsafe(8)
  head.writeInt32BE(body.length + 8, 0)
  head.writeInt32BE(0x30000, 4) // protocol 3.0
  return Buffer.concat([head, body])
}

function bind(name: string, values: readonly (string | Buffer | undefined)[]): Buffer {
  const cells = values.flatMap(value => {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value
    const length = Buffer.allocUnsafe(4)
    length.writeInt32BE(bytes ? bytes.length : -1, 0)
    return bytes ? [length, bytes] : [length]
  })
  const allBinary = Buffer.from([0, 1, 0, 1])
  const count = Buffer.from([0, values.length])
  return message('B', text(''), text(name), allBinary, count, ...cells, allBinary)
}

function readRow(message: Buffer): Row {
  const row: (Buffer | undefined)[] = []
  let at = 7
  for (let cells = message.readInt16BE(5); cells > 0; cells--) {
    const length = message.readInt32BE(at)
    at += 4
    row.push(length < 0 ? undefined : message.subarray(at, at + length))
    at += Math.max(length, 0)
  }
  return row
}

function readError(message: Buffer): PostgresError {
  const fields = new Map(
    message
      .toString('utf8', 5)
      .split('\0')
      .map(field => [field[0], field.slice(1)]),
  )
  return new PostgresError(fields.get('M') ?? 'unknown error', fields.get('C') ?? '')
}
