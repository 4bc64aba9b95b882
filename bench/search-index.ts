/** A parsed resource → all values that it is found by → the entries a store keeps, against JSON.parse of the same text. */
import { loadDefinitions } from '../src/conformance/definitions.ts'
import { parseJson } from '../src/fhir/json.ts'
import { isResource } from '../src/fhir/resource.ts'
import { indexed } from '../src/search/index-contained.ts'
import { compileIndex } from '../src/search/index-values.ts'
import { idOf, resource } from './drive/data.ts'

const quick = process.argv.includes('--quick')
const [rounds, times] = quick ? [1, 50] : [20, 5_000]
const base = 'https://kiln.example.org/fhir'
const index = compileIndex(loadDefinitions())

/** Numbers whose resources are of the type; several, so that no one's texts stay in a cache. */
for (const [name, numbers] of [
  ['Patient', [0, 4, 8, 12]],
  ['Observation', [1, 2, 3, 5]],
] as const) {
  const texts = numbers.map(n => JSON.stringify({ ...resource(n), id: idOf(n) }))
  const parsed = texts.map(text => parseJson(text)).filter(isResource)
  const values = index(parsed[0]!, base)
  const { terms, ranges } = indexed(index, parsed[0]!, 'x', base).entries
  const native = best(n => JSON.parse(texts[n % texts.length]!))
  const size = `${(texts[0]!.length / 1024).toFixed(1)} KB`
  const report = (what: string, ours: number): void =>
    console.log(
      `search-index ${name}, ${size}, ${what}: ${(ours / native).toFixed(2)} to JSON.parse (${ours.toFixed(1)} µs)`,
    )
  report(
    `${[...values.values()].flat().length} values`,
    best(n => index(parsed[n % parsed.length]!, base)),
  )
  report(
    `${terms.length + ranges.length} entries`,
    best(n => indexed(index, parsed[n % parsed.length]!, 'x', base)),
  )
}

/** µs of processor time in the best round: noise of a shared machine only ever adds. */
function best(turn: (n: number) => unknown): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage()
    for (let n = 0; n < times; n++) turn(n)
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, (user + system) / times)
  }
  return least
}
