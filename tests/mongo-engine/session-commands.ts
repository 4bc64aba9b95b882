/** Commands that the gateway answers by itself. */
import { BSON } from 'mongodb'
import { ok, serialize } from './commands.ts'
import { killCursor } from './cursors.ts'
import type { Head } from './head.ts'
import { port } from './place.ts'
import { endSession } from './transactions.ts'

const me = `127.0.0.1:${port}`

/** A replica set of one; `MONGO_ENGINE_TOPOLOGY=standalone` or `mongos` pretends otherwise. */
function hello(): Buffer {
  const topologies: Readonly<Record<string, object>> = {
    standalone: {},
    mongos: { msg: 'isdbgrid' },
    replicaSet: { setName: 'rs0', setVersion: 1, hosts: [me], primary: me, me, secondary: false },
  }
  return serialize({
    helloOk: true,
    ismaster: true,
    isWritablePrimary: true,
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 25_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: 1,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    ...topologies[process.env['MONGO_ENGINE_TOPOLOGY'] ?? 'replicaSet'],
    ok: 1,
  })
}

const acknowledge = () => ok

/** The sessions are the value of the command's own field. */
function endAll({ command }: Head, body: Buffer): Buffer {
  const sessions: readonly Uint8Array[] = BSON.deserialize(body, { raw: true })[command]
  for (const session of sessions) endSession(Buffer.from(session).toString('latin1'))
  return ok
}

export const sessionCommands: Readonly<Record<string, (head: Head, body: Buffer) => Buffer>> = {
  hello,
  isMaster: hello,
  ping: acknowledge,
  refreshSessions: acknowledge,
  startSession: acknowledge,
  getParameter: acknowledge,
  buildInfo: () => serialize({ version: '7.0.0', versionArray: [7, 0, 0, 0], maxBsonObjectSize: 16777216, ok: 1 }),
  connectionStatus: () => serialize({ authInfo: { authenticatedUsers: [] }, ok: 1 }),
  endSessions: endAll,
  killSessions: endAll,
  killCursors(_head, body) {
    const { cursors } = BSON.deserialize(body, { useBigInt64: true })
    for (const id of cursors as bigint[]) killCursor(BigInt(id))
    return serialize({ cursorsKilled: cursors, cursorsNotFound: [], cursorsAlive: [], cursorsUnknown: [], ok: 1 })
  },
}
