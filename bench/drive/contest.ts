/** Servers that take turns, so that whatever else the machine does meets them all alike. */
import type { Server } from './launch.ts'
import { type Lane, type Length, load, type Round } from './load.ts'

export type Pace = { readonly rounds: number; readonly length: Length }

/** Of one round: CPU time is what noise of the machine disturbs least. */
export type Figures = Round & { /** µs of the server per answer. */ readonly cpu: number | undefined }

/** µs. The system counts hundredths of a second: a smoke that took less than one took some of it, and not none. */
const least = 5_000

export async function measure({ origin, usage }: Server, lanes: readonly Lane[], length: Length): Promise<Figures> {
  const before = usage()
  const round = await load({ origin, lanes, length })
  const after = usage()
  return { ...round, cpu: before && after && Math.max(after.cpu - before.cpu, least) / round.answers }
}

/** V8 goes on compiling what runs often for the first 20,000 or so answers of a server. */
const warming = 3

/** One round of each in turn, after some that only warm up, unless this is a smoke test; the figures of each, round by round. */
export async function takeTurns<Name extends string>(
  { rounds, length }: Pace,
  contestants: Readonly<Record<Name, (length: Length) => Promise<Figures>>>,
): Promise<Record<Name, readonly Figures[]>> {
  const names = Object.keys(contestants) as Name[]
  const figures = Object.fromEntries(names.map(name => [name, [] as Figures[]])) as Record<Name, Figures[]>
  const first = 'seconds' in length ? -warming : 0
  for (let round = first; round < rounds; round++) {
    for (const name of names) {
      const measured = await contestants[name](length)
      if (round >= 0) figures[name].push(measured)
    }
  }
  return figures
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

/** Of neighbouring rounds, so that a minute in which the machine was slow changes little. */
export function ratio(
  ours: readonly Figures[],
  theirs: readonly Figures[],
  of: 'rate' | 'p50' | 'p99' = 'rate',
  times = 1,
): string {
  return (times * median(ours.map((one, round) => one[of] / (theirs[round]?.[of] ?? Number.NaN)))).toFixed(2)
}

const digits = { p50: 2, p99: 1, cpu: 0 } // ms, ms, µs

/** The median, as text. */
export function figure(figures: readonly Figures[], of: 'p50' | 'p99' | 'cpu'): string {
  return median(figures.map(one => one[of] ?? Number.NaN)).toFixed(digits[of])
}

export function perSecond(figures: readonly Figures[], times = 1): string {
  return `${Math.round(median(figures.map(({ rate }) => rate)) * times).toLocaleString('en')}/s`
}

/** `12,345/s against 15,240/s, p99 1.9 against 1.4 ms, CPU 81 against 66 µs` */
export function against(ours: readonly Figures[], theirs: readonly Figures[]): string {
  const both = (print: (figures: readonly Figures[]) => string) => `${print(ours)} against ${print(theirs)}`
  const parts = [both(all => perSecond(all)), `p99 ${both(all => figure(all, 'p99'))} ms`]
  if (ours[0]?.cpu !== undefined) parts.push(`CPU ${both(all => figure(all, 'cpu'))} µs`)
  return parts.join(', ')
}
