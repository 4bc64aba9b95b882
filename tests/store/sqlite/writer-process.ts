/** A process of its own that opens the store in argv[2] and creates resources until it is killed; it prints each id that was acknowledged. */
import { randomBytes, randomUUID } from 'node:crypto'
import { draft } from '../../../src/fhir/stamp.ts'
import { openSqlite } from '../../../src/store/sqlite/open.ts'

const path = process.argv[2] ?? ''
const store = await openSqlite({ path, clock: Date.now, random: randomBytes, observe: () => {} })
const tenant = 'default'

async function write(size: number): Promise<void> {
  for (;;) {
    const ids = Array.from({ length: size }, () => randomUUID())
    const outcome = await store.commit({
      tenant,
      writes: ids.map(id => ({
        do: 'put',
        method: 'POST',
        key: { tenant, type: 'Patient', id },
        draft: draft({ resourceType: 'Patient', language: ids.join() }, id),
      })),
    })
    if (outcome.ok) process.stdout.write(`${ids.join()}\n`)
  }
}

await Promise.all([1, 1, 1, 1, 1, 1, 1, 1, 20, 20, 20, 20, 20, 20, 20, 20].map(write))
