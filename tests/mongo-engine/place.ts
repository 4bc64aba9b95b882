/** Where the engine lives and answers: one per machine, outside the checkout, shared by all clones. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const place = process.env['MONGO_ENGINE_DIR'] ?? join(tmpdir(), 'kiln-mongo-engine')
export const root = join(place, 'root')
export const port = Number(process.env['MONGO_ENGINE_PORT'] ?? 27717)
export const postgresPort = port + 1
export const url = `mongodb://127.0.0.1:${port}/?replicaSet=rs0`
