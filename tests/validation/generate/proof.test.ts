import t from 'tap'
import { proofTests } from './proof.ts'

await proofTests(t, { instances: 6, mutants: 5_000, stride: 7, seed: 1 })
