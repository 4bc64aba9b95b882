/** The searches whose speed is promised, each with as many answers among a thousand patients as among a hundred thousand. */
import type { Lane } from './load.ts'
import { heartRate, loinc, mrnSystem, type Population, usualCode } from './population.ts'
import { connections } from './work.ts'

export type Question = {
  /** Number `n` of the questions of this kind, from the base on. */
  readonly path: (population: Population, n: number) => string
  /** Entries of the page. */
  readonly entries: number
}

const token = (system: string, code: string) => encodeURIComponent(`${system}|${code}`)
const coded = (code: string) => token(loinc, code)

/** Of the last visits, a few more than fill a page. */
const lately = (population: Population, n: number) => population.instant(population.visits - 50 - (n % 50))
/** Some time in the first fifth. */
const longAgo = (population: Population, n: number) => population.instant((n * 7) % Math.ceil(population.visits / 5))

export const questions = {
  identifier: { path: (all, n) => `Patient?identifier=${token(mrnSystem, all.mrn(n))}`, entries: 1 },
  family: { path: (all, n) => `Patient?family=${all.family(n)}`, entries: 5 },
  latest: {
    path: (all, n) => `Observation?patient=${all.patientId(n)}&code=${coded(heartRate)}&_sort=-date&_count=20`,
    entries: 6,
  },
  include: { path: (all, n) => `Encounter?patient=${all.patientId(n)}&_include=Encounter:practitioner`, entries: 9 },
  /** 25 patients have it. */
  has: { path: (all, n) => `Patient?_has:Observation:patient:code=${coded(all.rareCode(n))}&_count=20`, entries: 20 },
  /** One patient in seven has it. */
  'has-usual': {
    path: (_, n) => `Patient?_has:Observation:patient:code=${coded(usualCode(n))}&_count=20`,
    entries: 20,
  },
  /** One Observation in five has the code, and 50 to 100 of these are as recent. */
  since: {
    path: (all, n) => `Observation?code=${coded(heartRate)}&date=ge${lately(all, n)}&_count=50`,
    entries: 50,
  },
  /** Nearly all of these are as recent. */
  'since-long': {
    path: (all, n) => `Observation?code=${coded(heartRate)}&date=ge${longAgo(all, n)}&_count=50`,
    entries: 50,
  },
  chain: { path: (all, n) => `Observation?subject.identifier=${token(mrnSystem, all.mrn(n))}`, entries: 30 },
  page: { path: (_, n) => `Observation?code=${coded(usualCode(n))}&_count=100`, entries: 100 },
} as const satisfies Readonly<Record<string, Question>>

export type QuestionName = keyof typeof questions

/** So many of each kind, on as many pages of the file: whatever its size, the same part of it is warm. */
const different = 1_600

export function ask(name: QuestionName, population: Population): Lane[] {
  const each = different / connections
  return Array.from({ length: connections }, (_, lane) =>
    Array.from({ length: each }, (_, turn) => {
      const n = Math.floor(((turn * connections + lane) * population.patients) / different)
      return { method: 'GET', path: `/fhir/${questions[name].path(population, n)}` }
    }),
  )
}
