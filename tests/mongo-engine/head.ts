/**
 * What the gateway must know of a command, read from its BSON without decoding the rest.
 * https://bsonspec.org/spec.html
 */
import { CommandError } from './errors.ts'

export type Head = {
  /** The name of the command: the first field. */
  readonly command: string
  /** Its value where that is a string: the collection. */
  readonly collection: string
  readonly database: string
  /** The session's bytes. */
  readonly session: string | undefined
  readonly transaction: bigint | undefined
  readonly starts: boolean
  readonly cursor: bigint | undefined
}

type Field = string | bigint | boolean

export function readHead(body: Buffer): Head {
  const fields = new Map<string, Field | undefined>()
  let at = 4
  while (body[at] !== 0) {
    const type = body[at] ?? 0
    const nameEnd = body.indexOf(0, at + 1)
    const name = body.toString('latin1', at + 1, nameEnd)
    at = nameEnd + 1
    fields.set(name, readValue(body, type, at))
    at += sizeOf(body, type, at)
  }
  const [command = ''] = fields.keys()
  const inTransaction = fields.get('autocommit') === false
  return {
    command,
    collection: textOf(fields.get(command)) ?? '',
    database: textOf(fields.get('$db')) ?? '',
    session: textOf(fields.get('lsid')),
    transaction: inTransaction ? numberOf(fields.get('txnNumber')) : undefined,
    starts: fields.get('startTransaction') === true,
    cursor: numberOf(fields.get('getMore')),
  }
}

const textOf = (field: Field | undefined) => (typeof field === 'string' ? field : undefined)
const numberOf = (field: Field | undefined) => (typeof field === 'bigint' ? field : undefined)

function readValue(body: Buffer, type: number, at: number): Field | undefined {
  if (type === 0x02) return body.toString('utf8', at + 4, at + 3 + body.readInt32LE(at))
  if (type === 0x03) return body.toString('latin1', at, at + body.readInt32LE(at))
  if (type === 0x08) return body[at] === 1
  if (type === 0x12) return body.readBigInt64LE(at)
  return undefined
}

function sizeOf(body: Buffer, type: number, at: number): number {
  switch (type) {
    case 0x01: // double
    case 0x09: // date
    case 0x11: // timestamp
    case 0x12: // int64
      return 8
    case 0x02: // string
      return 4 + body.readInt32LE(at)
    case 0x03: // document
    case 0x04: // array
      return body.readInt32LE(at)
    case 0x05: // binary
      return 5 + body.readInt32LE(at)
    case 0x07: // ObjectId
      return 12
    case 0x08: // boolean
      return 1
    case 0x10: // int32
      return 4
    case 0x13: // decimal128
      return 16
    case 0x0a: // null
      return 0
    case 0x0b: // regular expression: two C strings
      return body.indexOf(0, body.indexOf(0, at) + 1) + 1 - at
    default:
      throw new CommandError([9, 'FailedToParse'], `BSON type ${type} at the top of a command`)
  }
}
