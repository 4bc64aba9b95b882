/** `npm run faults`: the proof of the validator with numbers that take some minutes, and other chances each time. */
import t from 'tap'
import { seed } from '../seed.ts'
import { proofTests } from './generate/proof.ts'

t.setTimeout(0) // takes as long as it takes

await proofTests(t, { instances: 200, mutants: 100_000, stride: 1, seed })
