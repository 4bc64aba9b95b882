/** The same tests on a server with the embedded store and, where there is one, with a MongoDB. */
import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { mongoUrl } from '../mongo-engine/engine.ts'

export async function onBothServers(
  t: Test,
  run: (t: Test, environment: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  await t.test('on SQLite', t => run(t, {}))
  const url = await mongoUrl()
  if (url === undefined) return
  await t.test('on MongoDB', async t => {
    const place = new URL(url)
    place.pathname = `/kiln_${randomUUID().slice(0, 8)}`
    t.teardown(() => drop(place)) // runs last: the server may write until it is closed
    await run(t, { KILN_STORE: place.href })
  })
}

async function drop({ href }: URL): Promise<void> {
  const { MongoClient } = await import('mongodb')
  const client = await MongoClient.connect(href)
  await client.db().dropDatabase()
  await client.close()
}
