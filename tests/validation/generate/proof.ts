/** The proof of the validator: nothing valid is refused, and nearly everything that breaks a rule is, at the right place. */
import type { Test } from 'tap'
import { seeded } from '../../faults/random.ts'
import { instance } from './instance.ts'
import { errors } from './judge.ts'
import { brokenRules } from './mutate/broken-rules.ts'
import { isFound, kindAt, kinds, mutant, type Pool, poolOf, resourceTypes } from './mutate/mutants.ts'
import { brokenByEngine, passedOver, schemaJudge } from './oracles.ts'

export type Amount = {
  /** Of each of R4's types. */
  readonly instances: number
  readonly mutants: number
  /** One type in so many is also judged by others. */
  readonly stride: number
  readonly seed: number
}

export async function proofTests(t: Test, amount: Amount): Promise<void> {
  t.comment(`seed ${amount.seed}`)
  await t.test('valid instances of every type are accepted', t => accepted(t, amount))
  await t.test('the instances are valid, as others judge', t => judgedByOthers(t, amount))
  const pool = poolOf(4, amount.seed)
  await t.test('constraints that mutants break are broken, as the engine judges', t => brokenFor(t, pool, amount))
  await t.test('of mutants that break a rule, 99 of 100 are refused with the right expression', t =>
    refused(t, pool, amount),
  )
}

async function accepted(t: Test, { instances, seed }: Amount): Promise<void> {
  let refused = 0
  for (const [index, type] of resourceTypes.entries()) {
    for (let n = 0; n < instances; n++) {
      const chosen = seed + index * instances + n
      const issues = errors(instance(type, seeded(chosen), n % 2 === 0 ? 'small' : 'medium'))
      if (issues.length > 0 && refused++ < 10) t.comment(`${type}, seed ${chosen}`, issues.slice(0, 3))
    }
  }
  t.comment(`${refused} of ${resourceTypes.length * instances} valid instances were refused`)
  t.equal(refused, 0)
}

async function judgedByOthers(t: Test, { stride, seed }: Amount): Promise<void> {
  const bySchema = schemaJudge()
  const judged = resourceTypes.filter((_, index) => (index + seed) % stride === 0)
  for (const [index, type] of judged.entries()) {
    const resource = instance(type, seeded(seed + index), 'medium')
    t.strictSame(bySchema(resource), [], `${type}: JSON schema`)
    t.strictSame(brokenByEngine(resource), [], `${type}: the fhirpath engine`)
  }
}

/** The engine is asked from the top: what is contained or bundled is passed over. */
async function brokenFor(t: Test, pool: Pool, { seed }: Amount): Promise<void> {
  const random = seeded(seed)
  for (const key of Object.keys(brokenRules).filter(key => !passedOver.has(key))) {
    const made = Array.from({ length: 20 }, () => mutant(`broken ${key}`, pool, random))
    const top = made.find(one => one !== undefined && !/\.(contained\[|resource\b)/.test(one.at))
    if (top !== undefined) t.ok(brokenByEngine(top.resource, key).length > 0, `${key} at ${top.at}`)
  }
}

type Tally = { made: number; found: number; missed: string[] }

async function refused(t: Test, pool: Pool, { mutants, seed }: Amount): Promise<void> {
  const random = seeded(seed)
  const tallies = new Map(kinds.map(kind => [kind, { made: 0, found: 0, missed: [] } as Tally]))
  for (let n = 0; n < mutants; n++) {
    const kind = kindAt(n)
    const made = mutant(kind, pool, random)
    const tally = tallies.get(kind)!
    if (made === undefined) continue
    tally.made += 1
    const issues = errors(made.resource)
    if (isFound(made, issues)) tally.found += 1
    else tally.missed.push(`${made.at}, found ${issues.map(({ expression }) => expression).join(', ') || 'nothing'}`)
  }
  for (const [kind, { made, found, missed }] of tallies) {
    t.ok(made > 0, `there are mutants: ${kind}`)
    if (mutants > 50_000 || found < made) t.comment(`${kind}: ${found} of ${made}`, ...missed.slice(0, 3))
    t.ok(found >= made * 0.9, `${kind}: found`)
  }
  const made = [...tallies.values()].reduce((sum, tally) => sum + tally.made, 0)
  const found = [...tallies.values()].reduce((sum, tally) => sum + tally.found, 0)
  t.comment(`${found} of ${made} mutants of ${kinds.length} kinds were refused at the right place`)
  t.ok(made > mutants * 0.97, 'hardly any kind lacks a place')
  t.ok(found >= made * 0.99)
}
