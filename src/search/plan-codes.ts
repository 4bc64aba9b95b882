/** How many codes one search may compare with: all of them are sent to the store together. */
import { fail } from '../fhir/issue.ts'
import type { Code } from './plan.ts'

export const mostCodes = 100_000 // what a store can still compare in one go; of usual length, they are some 5 MB
const mostBytes = 8_000_000 // a question to MongoDB has at most 16 MB, with what is around the codes

/** Adds up what a search asks for; throws beyond. */
export function counting(): (codes: readonly Code[] | undefined) => readonly Code[] | undefined {
  let [sum, bytes] = [0, 0]
  return codes => {
    if (codes === undefined) return undefined
    sum += codes.length
    if (sum > mostCodes) throw tooMany(`${sum} codes or more`, `${mostCodes} in all`)
    bytes += sizeOf(codes)
    if (bytes > mostBytes) throw tooMany(`codes of ${bytes} bytes or more, with their systems`, `${mostBytes} in all`)
    return codes
  }
}

function tooMany(found: string, expected: string) {
  return fail('too-costly', `the search compares with ${found}: expected at most ${expected}`)
}

/** The lists of value sets are kept, and come again. */
const known = new WeakMap<readonly Code[], number>()

function sizeOf(codes: readonly Code[]): number {
  const size = known.get(codes) ?? codes.reduce((sum, each) => sum + bytesOf(each), 0)
  known.set(codes, size)
  return size
}

function bytesOf({ system = '', code }: Code): number {
  return Buffer.byteLength(system) + Buffer.byteLength(code)
}
