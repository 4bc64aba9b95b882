/**
 * One seed for all dice of a run, the same in every `npm run check`: what was green stays green until the code changes.
 * `SEED=random` (so does `npm run faults`) or `SEED=<number>` throws others.
 */
const asked = process.env['SEED'] ?? '1'

export const seed = asked === 'random' ? Date.now() % 1_000_000 : Number(asked)
if (!Number.isSafeInteger(seed)) throw new Error(`SEED is a whole number or 'random', not '${asked}'`)
