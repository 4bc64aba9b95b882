import t from 'tap'
import { beginIndex, indexOf, postingsIn, type Terms } from '../../../src/terminology/library/indexing.ts'
import { Texts } from '../../../src/terminology/library/texts.ts'
import { random } from './synthetic.ts'

/** So many terms of two or three words each, two to a concept. */
function told(count: number): { texts: Texts; terms: Terms } {
  const draw = random(7)
  const texts = new Texts()
  const word = (): string => `${'klmnoprst'[Math.floor(draw() * 9)]}${Math.floor(draw() * 900)}`
  const places = Int32Array.from({ length: count }, () =>
    texts.add(`${word()} ${word()} ${draw() < 0.5 ? word() : 'é'}`),
  )
  const concepts = places.map((_, n) => n >>> 1)
  return { texts, terms: { concepts, places, kinds: places.map((_, n) => n % 6) } }
}

t.test('a thread makes the same index as whoever begins it', async t => {
  const { texts, terms } = told(60_000)
  const here = indexOf(texts, terms)
  const there = beginIndex(texts, terms)()
  t.same(Buffer.from(there.concepts.buffer), Buffer.from(here.concepts.buffer))
  t.same([...there.languages], [...here.languages])
  const list = (postings: typeof here.words) =>
    [...postingsIn(postings)].map(({ text, terms }) => [text, Buffer.from(terms).toString('hex')])
  t.same(list(there.words), list(here.words))
  t.same(list(there.beginnings), list(here.beginnings))
  t.ok(here.words.texts.length > 5_000)
  t.ok(here.beginnings.texts.length > 50)
})

t.test('a small index needs no thread', async t => {
  const { texts, terms } = told(40)
  t.same(beginIndex(texts, terms)(), indexOf(texts, terms))
})

t.test('what goes wrong in the thread goes wrong where it is waited for', async t => {
  const { texts, terms } = told(60_000)
  const broken = { ...terms, kinds: undefined as never }
  const index = beginIndex(texts, broken)
  t.throws(index, TypeError)
})
