import fc from 'fast-check'
import t from 'tap'
import { Stretch, stringOf } from '../../src/fhir/stretch.ts'

const text = fc.string({ unit: 'binary', maxLength: 6 })

t.test('a stretch is the text that lies there, and no other', async t => {
  fc.assert(
    fc.property(text, text, text, text, (before, it, after, other) => {
      const [start, bytes] = [Buffer.byteLength(before), Buffer.from(before + it + after)]
      const stretch = new Stretch(bytes, start, start + Buffer.byteLength(it))
      t.equal(stretch.is(it), true)
      t.equal(stretch.is(other), it === other)
      t.equal(stretch.is(it + after), after === '')
      t.equal(stretch.is(it.slice(0, -1)), it === '')
      t.equal(stringOf(stretch), it)
      t.equal(stringOf(it), it)
    }),
  )
})
