/** All invariants that R4 asks of a resource and of everything in it, compiled, against the `fhirpath` engine. */
import { loadDefinitions } from '../src/conformance/definitions.ts'
import { parseJson } from '../src/fhir/json.ts'
import { compileExpression } from '../src/fhir/path/compiled/compile.ts'
import { evaluate, ofDefinitions } from '../src/fhir/path/evaluate.ts'
import { isResource } from '../src/fhir/resource.ts'
import { invariantsOfR4, sitesOf } from '../tests/fhir/path/compiled/invariants.ts'
import { idOf, resource } from './drive/data.ts'

const quick = process.argv.includes('--quick')
const [rounds, times] = quick ? [1, 5] : [5, 2_000]
const { shapes } = loadDefinitions()
const invariants = invariantsOfR4()

for (const [name, number] of [
  ['Patient', 0],
  ['Observation', 1],
] as const) {
  const text = JSON.stringify({ ...resource(number), id: idOf(number) })
  const parsed = parseJson(text)
  if (!isResource(parsed)) throw new Error('no resource')
  const env = { resource: parsed }
  const asked = sitesOf(parsed, shapes).flatMap(({ path, type, definition, foci }) => {
    const here = new Map(
      [definition, type]
        .flatMap(path => invariants.get(path) ?? [])
        .filter(({ profile }) => !profile)
        .map(({ expression }) => [expression, type]),
    )
    return [...here].map(([expression]) => ({
      test: compileExpression(expression, { type, shapes })!.test,
      foci,
      whole: `${path}.all(${expression.replaceAll(/%(?:root)?[rR]esource\b/g, '%context')})`,
      expression,
    }))
  })
  const evaluations = asked.reduce((sum, { foci }) => sum + foci.length, 0)
  const compiled = best(times, () => {
    for (const { test, foci } of asked) for (const { value, companion } of foci) test(value, env, companion)
  })
  const engine = best(Math.ceil(times / 1_000), () => {
    for (const { whole } of asked) evaluate(whole, parsed, ofDefinitions)
  })
  const size = `${(text.length / 1024).toFixed(1)} KB`
  console.log(
    `fhirpath ${name}, ${size}, ${evaluations} invariants: ${(engine / compiled).toFixed(0)} × the engine (${compiled.toFixed(1)} µs, ${engine.toFixed(0)} µs)`,
  )
  if (process.argv.includes('--each')) {
    for (const { test, foci, whole } of asked) {
      const us = best(times, () => {
        for (const { value, companion } of foci) test(value, env, companion)
      })
      console.log(`${us.toFixed(3)} ${foci.length} ${whole.slice(0, 150)}`)
    }
  }
}

/** µs of processor time in the best round: noise of a shared machine only ever adds. */
function best(times: number, turn: () => void): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage()
    for (let n = 0; n < times; n++) turn()
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, (user + system) / times)
  }
  return least
}
