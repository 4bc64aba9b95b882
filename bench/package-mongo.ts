/**
 * The same on the MongoDB engine of the tests, or the server that KILN_TEST_MONGODB names: figures only, an engine that is not
 * MongoDB says nothing about MongoDB's speed.
 *   node bench/package-mongo.ts [--quick]
 */
import { MongoClient } from 'mongodb'
import { mongoUrl } from '../tests/mongo-engine/engine.ts'
import { measureInstallation } from './drive/install.ts'

const url = await mongoUrl()
if (url !== undefined) {
  const database = `kiln_bench_${process.pid}`
  const store = new URL(url)
  store.pathname = `/${database}`
  const client = await MongoClient.connect(url)
  try {
    await measureInstallation('mongo package', store.href)
  } finally {
    await client.db(database).dropDatabase()
    await client.close()
  }
}
