/** How far a load is, for people. */
import type { Progress } from './task.ts'

/** `begun`: ms since its first row. `http://loinc.org|2.80: 43 %, 120,000 rows, 31,000/s, 12 s left` */
export function printProgress({ system, version, step, bytes, of, rows }: Progress, begun: number): string {
  const name = version === '' ? system : `${system}|${version}`
  if (step !== 'reading') return `${name}: ${steps[step]}, ${printCount(rows)} rows`
  const part = of === 0 ? 0 : Math.min(bytes / of, 1)
  const rate = begun === 0 ? 0 : Math.round((rows * 1_000) / begun)
  const left = part > 0.01 ? `, ${duration((begun * (1 - part)) / part)} left` : ''
  return `${name}: ${Math.floor(part * 100)} %, ${printCount(rows)} rows, ${printCount(rate)}/s${left}`
}

const cells = 20

/** Of what is to be read, for a terminal: `━━━━━━━━╌╌╌╌╌╌╌╌╌╌╌╌`. */
export function printBar({ step, bytes, of }: Progress): string {
  const part = step === 'reading' ? Math.min(bytes / Math.max(of, 1), 1) : 1
  const full = Math.floor(part * cells)
  return '━'.repeat(full) + '╌'.repeat(cells - full)
}

const steps: Readonly<Record<Exclude<Progress['step'], 'reading'>, string>> = {
  hierarchy: 'all is read; the hierarchy is worked out',
  concepts: 'the concepts are written',
  words: 'the words are written',
  verification: 'what was written is verified',
}

export function printCount(count: number): string {
  return count.toLocaleString('en')
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000)
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`
}
