/** PostgreSQL's and the extension's error states as MongoDB's error codes. Texts differ from MongoDB's: test codes. */
import { BSON } from 'mongodb'
import { PostgresError } from './postgres-client.ts'

type Meaning = readonly [code: number, name: string]

const conflict: Meaning = [112, 'WriteConflict']
const duplicate: Meaning = [11000, 'DuplicateKey']
const tooLong: Meaning = [50, 'MaxTimeMSExpired']

const meanings: Readonly<Record<string, Meaning>> = {
  M0001: [2, 'BadValue'],
  M0003: [9, 'FailedToParse'],
  M0004: [14, 'TypeMismatch'],
  M0005: [15, 'Overflow'],
  M0006: [20, 'IllegalOperation'],
  M0008: [26, 'NamespaceNotFound'],
  M0009: [27, 'IndexNotFound'],
  M000A: [28, 'PathNotViable'],
  M000C: [34, 'CannotBackfillArray'],
  M000D: [40, 'ConflictingUpdateOperators'],
  M000E: [43, 'CursorNotFound'],
  M000F: [48, 'NamespaceExists'],
  M000G: [52, 'DollarPrefixedFieldName'],
  M000H: [53, 'CanNotBeTypeArray'],
  M000J: [56, 'EmptyFieldName'],
  M000K: [57, 'DottedFieldName'],
  M000M: [66, 'ImmutableField'],
  M000N: [67, 'CannotCreateIndex'],
  M000O: [68, 'IndexAlreadyExists'],
  M000P: [72, 'InvalidOptions'],
  M000Q: [73, 'InvalidNamespace'],
  M000R: [85, 'IndexOptionsConflict'],
  M000S: [86, 'IndexKeySpecsConflict'],
  M000U: [115, 'CommandNotSupported'],
  M000W: [146, 'ExceededMemoryLimit'],
  M0012: [197, 'InvalidIndexSpecificationOption'],
  M0013: [224, 'QueryFeatureNotAllowed'],
  M0015: [241, 'ConversionFailure'],
  M0016: [263, 'OperationNotSupportedInTransaction'],
  M001B: [10334, 'BSONObjectTooLarge'],
  M001C: duplicate,
  M00CO: [121, 'DocumentValidationFailure'],
  M00EW: [24, 'LockTimeout'],
  M00EX: tooLong,
  M00EY: [59, 'CommandNotFound'],
  M00F1: conflict,
  M00FD: [171, 'CannotIndexParallelArrays'],
  '23505': duplicate,
  '23P01': duplicate,
  '40001': conflict,
  '40P01': conflict,
  '55P03': conflict,
  '57014': tooLong,
  '42P01': [26, 'NamespaceNotFound'],
}

const transient = 'TransientTransactionError'
const abortsTransaction = new Set([24, 112, 251])

export class CommandError extends Error {
  readonly meaning: Meaning
  constructor(meaning: Meaning, message: string) {
    super(message)
    this.meaning = meaning
  }
}

export const noSuchTransaction = () => new CommandError([251, 'NoSuchTransaction'], 'the transaction is not open')

export function meaningOf(state: string): Meaning {
  return meanings[state] ?? [1, 'InternalError']
}

export function errorReply(error: unknown, inTransaction: boolean): Buffer {
  const [code, codeName] =
    error instanceof CommandError ? error.meaning : meaningOf(error instanceof PostgresError ? error.state : '')
  const errmsg = error instanceof Error ? error.message : String(error)
  const labels = inTransaction && abortsTransaction.has(code) ? { errorLabels: [transient] } : {}
  return Buffer.from(BSON.serialize({ ok: 0, errmsg, code, codeName, ...labels }))
}

/** The extension reports errors of single documents as PostgreSQL's packed states: six bits for each of five characters. */
export function stateOf(packed: number): string {
  return Array.from({ length: 5 }, (_, i) => String.fromCharCode(((packed >> (6 * i)) & 0x3f) + 0x30)).join('')
}

/** `reply` with the packed states of its `writeErrors` replaced by MongoDB's codes. */
export function withCodes(reply: Buffer): Buffer {
  const document = BSON.deserialize(reply)
  const errors = document['writeErrors']
  if (!Array.isArray(errors) || errors.length === 0) return reply
  const writeErrors = errors.map((error: { code: number }) => {
    const [code, codeName] = meaningOf(stateOf(error.code))
    return { ...error, code, codeName }
  })
  return Buffer.from(BSON.serialize({ ...document, writeErrors }))
}
