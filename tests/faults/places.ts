/** Where data may lie, each fresh and empty, and how to be rid of it. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import type { Test } from 'tap'
import { mongoUrl } from '../mongo-engine/engine.ts'

export type Place = {
  readonly name: 'SQLite' | 'MongoDB'
  /** KILN_STORE */
  readonly store: string
}

export function onSqlite(t: Test): Place {
  const folder = mkdtempSync(join(tmpdir(), 'kiln-faults-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return { name: 'SQLite', store: `sqlite:${folder}` }
}

function onMongo(t: Test, url: string): Place {
  const database = `faults_${randomUUID().slice(0, 8)}`
  t.teardown(async () => {
    const client = await MongoClient.connect(url)
    await client.db(database).dropDatabase()
    await client.close()
  })
  return { name: 'MongoDB', store: url.replace(/(\w)\/(?=\?|$)/, `$1/${database}`) }
}

export type Kind = { readonly name: Place['name']; fresh(t: Test): Place }

/** SQLite, and MongoDB where there is one. */
export async function kinds(): Promise<readonly Kind[]> {
  const url = await mongoUrl()
  const sqlite: Kind = { name: 'SQLite', fresh: onSqlite }
  return url === undefined ? [sqlite] : [sqlite, { name: 'MongoDB', fresh: t => onMongo(t, url) }]
}
