/**
 * Sets of whole numbers as bytes: the differences of its rising members, seven bits to a byte, or one bit for each number there
 * is, whichever is shorter. The last byte tells which, so that the bits before it lie as they do in a ConceptSet.
 */
import { ConceptSet } from '../concept-set.ts'
import { Bytes } from './bytes.ts'

const differences = 0
const bits = 1

const scratch = new Bytes()

/** `members`: rising, none twice; `size`: how many numbers there are. */
export function packSet(members: Int32Array, size: number): Uint8Array {
  scratch.clear()
  let last = -1
  for (const member of members) {
    scratch.varint(member - last - 1)
    last = member
  }
  if (scratch.length <= bitBytes(size)) {
    scratch.byte(differences)
    return scratch.copy()
  }
  const words = new Uint32Array(wordsOf(size))
  for (const member of members) words[member >>> 5] = (words[member >>> 5] ?? 0) | (1 << (member & 31))
  return packBits(words)
}

/** Of a set whose bits are set already. */
export function packWords(words: Uint32Array, size: number): Uint8Array {
  scratch.clear()
  let last = -1
  for (let index = 0; index < words.length; index++) {
    for (let rest = words[index] ?? 0; rest !== 0; rest &= rest - 1) {
      const member = index * 32 + 31 - Math.clz32(rest & -rest)
      scratch.varint(member - last - 1)
      last = member
    }
  }
  if (scratch.length > bitBytes(size)) return packBits(words)
  scratch.byte(differences)
  return scratch.copy()
}

export function unpackSet(packed: Uint8Array, size: number): ConceptSet {
  return new ConceptSet(size, wordsIn(packed, size))
}

/** Into bits that may have others set already. */
export function addTo(words: Uint32Array, packed: Uint8Array): void {
  const end = packed.length - 1
  if (packed[end] === bits) {
    const more = aligned(packed)
    for (let index = 0; index < more.length; index++) words[index] = (words[index] ?? 0) | (more[index] ?? 0)
    return
  }
  for (let at = 0, member = -1; at < end; ) {
    let byte = packed[at++] ?? 0
    let difference = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      byte = packed[at++] ?? 0
      difference |= (byte & 0x7f) << shift
    }
    member += difference + 1
    words[member >>> 5] = (words[member >>> 5] ?? 0) | (1 << (member & 31))
  }
}

/** Without unpacking the rest. */
export function hasMember(packed: Uint8Array, wanted: number): boolean {
  return membersOf(packed).from(wanted) === wanted
}

/** In rising order. */
export function listMembers(packed: Uint8Array): number[] {
  const members: number[] = []
  const rising = membersOf(packed)
  for (let member = rising.from(0); member !== none; member = rising.from(member + 1)) members.push(member)
  return members
}

export const none = Number.POSITIVE_INFINITY

/** Goes forward through a set. */
export interface Rising {
  /** The first member that is not less, or `none`; what is asked for never falls. */
  from(least: number): number
}

export function membersOf(packed: Uint8Array): Rising {
  return packed[packed.length - 1] === bits ? risingBits(aligned(packed)) : risingDifferences(packed)
}

function risingBits(words: Uint32Array): Rising {
  return {
    from(least) {
      let index = least >>> 5
      let word = (words[index] ?? 0) & (-1 << (least & 31))
      while (word === 0) {
        if (++index >= words.length) return none
        word = words[index] ?? 0
      }
      return index * 32 + 31 - Math.clz32(word & -word)
    },
  }
}

/** What one of them has at least. */
export function risingUnion(all: readonly Rising[]): Rising {
  const next = new Float64Array(all.length).fill(-1)
  let first = -1
  return {
    from(least) {
      if (first >= least) return first
      first = none
      // Not by for…of: here searches spend their time.
      for (let at = 0; at < next.length; at++) {
        let member = next[at] ?? none
        if (member < least) {
          member = all[at]?.from(least) ?? none
          next[at] = member
        }
        if (member < first) first = member
      }
      return first
    },
  }
}

function risingDifferences(packed: Uint8Array): Rising {
  const end = packed.length - 1
  let at = 0
  let member = -1
  return {
    from(least) {
      // Variables of the call are in registers, those around it are not.
      let [here, reached] = [at, member]
      while (reached < least) {
        if (here >= end) {
          reached = none
          break
        }
        let byte = packed[here++] ?? 0
        let difference = byte & 0x7f
        for (let shift = 7; byte > 0x7f; shift += 7) {
          byte = packed[here++] ?? 0
          difference |= (byte & 0x7f) << shift
        }
        reached += difference + 1
      }
      at = here
      member = reached
      return reached
    },
  }
}

function wordsIn(packed: Uint8Array, size: number): Uint32Array<ArrayBuffer> {
  if (packed[packed.length - 1] === bits) return aligned(packed)
  const words = new Uint32Array(wordsOf(size))
  addTo(words, packed)
  return words
}

function packBits(words: Uint32Array): Uint8Array {
  const packed = new Uint8Array(words.byteLength + 1)
  packed.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength))
  packed[words.byteLength] = bits
  return packed
}

/** A copy where it does not begin at a multiple of four. */
function aligned(packed: Uint8Array): Uint32Array<ArrayBuffer> {
  const { buffer, byteOffset } = packed.byteOffset % 4 === 0 ? packed : packed.slice()
  return new Uint32Array(buffer as ArrayBuffer, byteOffset, (packed.length - 1) / 4)
}

function wordsOf(size: number): number {
  return (size + 31) >>> 5
}

function bitBytes(size: number): number {
  return wordsOf(size) * 4
}
