/**
 * MongoDB's wire protocol in front of PostgreSQL with the DocumentDB extension, as far as the official driver needs it.
 * https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
import { createServer, type Socket } from 'node:net'
import type { Reply } from './call.ts'
import { commands, ok } from './commands.ts'
import { forgetCursorsOf } from './cursors.ts'
import { CommandError, errorReply } from './errors.ts'
import { frames } from './frames.ts'
import { type Head, readHead } from './head.ts'
import { port } from './place.ts'
import { giveBack, take } from './pool.ts'
import { sessionCommands } from './session-commands.ts'
import { abort, finish, type Transaction, transactionFor } from './transactions.ts'

const message = 2013
const legacyQuery = 2004 // the driver's first hello
const legacyReply = 1
const checksumPresent = 1
const moreToCome = 2
const aliases: Readonly<Record<string, string>> = {
  ismaster: 'isMaster',
  buildinfo: 'buildInfo',
  findandmodify: 'findAndModify',
}

async function answer(body: Buffer, sequence: Buffer | undefined): Promise<Buffer> {
  let head: Head | undefined
  try {
    head = readHead(body)
    return await perform(head, body, sequence)
  } catch (error) {
    return errorReply(error, head?.transaction !== undefined)
  }
}

async function perform(head: Head, body: Buffer, sequence: Buffer | undefined): Promise<Buffer> {
  const name = aliases[head.command] ?? head.command
  if (name === 'commitTransaction' || name === 'abortTransaction') {
    await finish(head, name === 'commitTransaction' ? 'COMMIT' : 'ROLLBACK')
    return ok
  }
  const ownAnswer = sessionCommands[name]
  if (ownAnswer) return ownAnswer(head, body)
  const command = commands[name]
  if (!command) throw new CommandError([59, 'CommandNotFound'], `no such command: '${name}'`)
  const transaction = await transactionFor(head)
  const client = transaction?.client ?? (await take())
  let keeps = transaction !== undefined
  try {
    const reply: Reply = await command({ head, body, sequence, client, transaction })
    if (!('keeps' in reply)) return reply
    keeps ||= reply.keeps
    return reply.reply
  } catch (error) {
    if (transaction) await abandon(transaction)
    throw error
  } finally {
    if (!keeps) giveBack(client)
  }
}

async function abandon(transaction: Transaction): Promise<void> {
  forgetCursorsOf(transaction)
  await abort(transaction)
}

async function serve(socket: Socket, request: Buffer): Promise<void> {
  const id = request.readInt32LE(4)
  const operation = request.readInt32LE(12)
  if (operation === legacyQuery) {
    const afterName = request.indexOf(0, 20) + 9
    const head = Buffer.alloc(20) // flags, cursor, start: 0
    head.writeInt32LE(1, 16) // one document
    send(socket, id, legacyReply, [head, await answer(request.subarray(afterName), undefined)])
  } else if (operation === message) {
    const flags = request.readInt32LE(16)
    const { body, sequence } = sections(request, flags & checksumPresent ? request.length - 4 : request.length)
    const reply = await answer(body, sequence)
    if (!(flags & moreToCome)) send(socket, id, message, [Buffer.alloc(5), reply])
  } else socket.destroy()
}

/** Kind 0 is the command, kind 1 a named sequence of documents. */
function sections(request: Buffer, end: number): { body: Buffer; sequence: Buffer | undefined } {
  let body: Buffer = Buffer.alloc(0)
  let sequence: Buffer | undefined
  for (let at = 20; at < end; ) {
    const kind = request[at]
    const start = at + 1
    const length = request.readInt32LE(start)
    if (kind === 0) body = request.subarray(start, start + length)
    else sequence = request.subarray(request.indexOf(0, start + 4) + 1, start + length)
    at = start + length
  }
  return { body, sequence }
}

let sent = 0
function send(socket: Socket, to: number, operation: number, parts: readonly Buffer[]): void {
  const head = Buffer.alloc(16)
  head.writeInt32LE(
    parts.reduce((length, part) => length + part.length, head.length),
    0,
  )
  sent = (sent + 1) & 0x7fffffff
  head.writeInt32LE(sent, 4)
  head.writeInt32LE(to, 8)
  head.writeInt32LE(operation, 12)
  socket.write(Buffer.concat([head, ...parts]))
}

const server = createServer({ noDelay: true }, socket => {
  const cut = frames(16, start => start.readInt32LE(0))
  let turn: Promise<unknown> = Promise.resolve()
  socket.on('data', chunk => {
    for (const request of cut(chunk)) turn = turn.then(() => serve(socket, request)).catch(() => socket.destroy())
  })
  socket.on('error', () => undefined) // 'close' follows
})
server.listen(port, '127.0.0.1')
