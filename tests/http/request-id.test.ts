import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { correlationId, requestIds } from '../../src/http/request-id.ts'

const idOf = requestIds(bytes => new Uint8Array(bytes))

function id(given?: string): string {
  return idOf({ headers: given === undefined ? {} : { 'x-request-id': given } } as unknown as IncomingMessage)
}

t.test("the client's id is kept if it is harmless", async t => {
  for (const given of ['1', 'c0ffee-42', 'urn:uuid:0b1c', 'a'.repeat(128)]) t.equal(id(given), given)
})

t.test('what could do harm in headers and logs is replaced', async t => {
  for (const given of ['', 'a'.repeat(129), 'a b', '{"level":60}', 'a\u001b[31m', '<script>', 'ä']) {
    t.match(id(given), /^AAAAAAAA-\w+$/, given)
  }
})

t.test(
  "the client's id that was replaced goes back as X-Correlation-Id, if it is text of a bearable length",
  async t => {
    const correlation = (given: string) =>
      correlationId({ headers: { 'x-request-id': given } } as unknown as IncomingMessage, 'ours')
    for (const given of ['a b', '{"level":60}', 'a'.repeat(128)]) t.equal(correlation(given), given)
    for (const given of ['ours', '', 'a'.repeat(129), 'a\u001b[31m', 'ä']) t.equal(correlation(given), undefined, given)
  },
)

t.test('no id comes twice', async t => {
  t.equal(new Set(Array.from({ length: 1000 }, () => id())).size, 1000)
})
