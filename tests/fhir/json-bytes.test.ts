import fc from 'fast-check'
import t from 'tap'
import { printJson } from '../../src/fhir/json.ts'
import { JsonBytes, piece } from '../../src/fhir/json-bytes.ts'
import { Stretch } from '../../src/fhir/stretch.ts'

/** Signs that are escaped, that are more than a byte, and halves of pairs. */
const unit = fc.oneof(fc.nat(0x7f), fc.nat(0xffff)).map(code => String.fromCharCode(code))
const text = fc.string({ unit, maxLength: 20 })

const printed = (add: (json: JsonBytes) => void): string => {
  const json = new JsonBytes()
  add(json)
  return json.take()
}

t.test('texts are written as JSON.stringify writes them, wherever they lie', async t => {
  fc.assert(
    fc.property(text, text, text, (before, it, after) => {
      t.equal(
        printed(json => json.text(it)),
        printJson(it),
      )
      const parts = [before, it, after].map(part => Buffer.from(part))
      const from = parts[0]!.length
      const stretch = new Stretch(Buffer.concat(parts), from, from + parts[1]!.length)
      t.equal(
        printed(json => json.text(stretch)),
        printJson(it.toWellFormed()),
        'there are no halves of pairs in UTF-8',
      )
    }),
  )
})

t.test('pieces, texts and values stand one behind the other, however many', async t => {
  const [open, comma, close] = [piece('['), piece(','), piece(']')]
  const long = 'ä"'.repeat(20_000)
  const values = [long, 'a', { b: ['c', 1.5, null] }, true, long, long]
  const json = new JsonBytes()
  for (let round = 0; round < 3; round++) {
    json.clear()
    json.add(open)
    for (const [at, value] of values.entries()) {
      if (at > 0) json.add(comma)
      if (typeof value === 'string') json.text(value)
      else json.value(value)
    }
    json.add(close)
    t.equal(json.take(), JSON.stringify(values))
  }
  json.clear()
  t.equal(json.take(), '')
})
