import t from 'tap'
import { flag } from '../../../src/terminology/library/file-format.ts'
import { Heads, packHeads } from '../../../src/terminology/library/heads.ts'

const size = 1_000 // in four blocks, of which the last is not full
const codeOf = (concept: number): string => (concept % 7 === 0 ? `Ü${concept}` : `c${concept}`)

/** Every third has a display, every second an ancestor. */
function opened(bytes: (blocks: readonly Uint8Array[]) => number) {
  const blocks: Uint8Array[] = []
  const packed = packHeads(size, (concept, bytes) => {
    bytes.byte(concept % 3 === 0 ? flag.named : 0)
    bytes.text(codeOf(concept))
    if (concept % 3 === 0) bytes.text(`concept ${concept}`)
    if (concept % 2 === 0) bytes.append(new Uint8Array([concept % 128, 0]))
  })
  for (const [block, heads] of packed) blocks[block] = heads
  let reads = 0
  const read = (block: number): Uint8Array | undefined => {
    reads++
    return blocks[block]
  }
  return { heads: new Heads(size, { read, bytes: () => bytes(blocks) }), reads: () => reads }
}

const whole = (blocks: readonly Uint8Array[]): number => blocks.reduce((sum, { length }) => sum + length, 0)

function told(heads: Heads, concept: number) {
  const { code, display, flags } = heads.at(concept)
  return { code: code.text, display: display?.text, flags, ancestors: heads.ancestors(concept) }
}

function expected(concept: number) {
  const isNamed = concept % 3 === 0
  return {
    code: codeOf(concept),
    display: isNamed ? `concept ${concept}` : undefined,
    flags: isNamed ? flag.named : 0,
    ancestors: concept % 2 === 0 ? new Uint8Array([concept % 128, 0]) : undefined,
  }
}

/** Far from each other, and each three times: what is asked for again is remembered. */
const anywhere = Array.from({ length: size * 3 }, (_, n) => (n * 389) % size)

t.test('a head is what was packed, whichever was asked for before', async t => {
  const { heads, reads } = opened(whole)
  for (const concept of anywhere) t.strictSame(told(heads, concept), expected(concept))
  t.equal(reads(), 4, 'each block is read once')
})

t.test('where not all have room, blocks are read again, and what was given away stays as it is', async t => {
  const { heads, reads } = opened(() => 1)
  const given = [0, 300, 999].map(concept => ({ concept, head: heads.at(concept) }))
  for (const concept of anywhere) t.strictSame(told(heads, concept), expected(concept))
  for (const { concept, head } of given) t.equal(head.code.text, codeOf(concept))
  t.ok(reads() > 4)
})

t.test('a code is compared where it lies', async t => {
  const { heads } = opened(whole)
  for (let concept = 0; concept < size; concept++) {
    const isAscii = concept % 7 !== 0
    t.equal(heads.isCode(concept, codeOf(concept)), isAscii ? true : undefined)
    t.equal(heads.isCode(concept, `${codeOf(concept)}0`), isAscii ? false : undefined, 'longer')
    t.equal(heads.isCode(concept, 'c'), isAscii ? false : undefined, 'shorter')
  }
})

t.test('a concept that there is not has no head', async t => {
  const { heads } = opened(whole)
  for (const concept of [size, size + 5_000]) {
    t.equal(heads.at(concept).code.text, '')
    t.equal(heads.ancestors(concept), undefined)
  }
})
