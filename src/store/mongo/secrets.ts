import { insertOnce } from './insert.ts'
import type { Collections } from './schema.ts'

const size = 32 // bytes

/** Whoever inserts first decides; all read what he inserted. */
export function openSecrets({ secrets }: Collections, random: (bytes: number) => Uint8Array) {
  return async (name: string): Promise<Uint8Array> => {
    const find = () => secrets.findOne({ _id: name }, { promoteBuffers: true })
    if (!(await find())) await insertOnce(secrets, { _id: name, value: random(size) })
    const doc = await find()
    if (!doc) throw new Error('what was inserted is there')
    return new Uint8Array(doc.value)
  }
}
