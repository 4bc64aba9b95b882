/** Cases as data: profiles, value sets and other resources that are known; then resources, and what is found in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { parseJson } from '../../../src/fhir/json.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import type { CodeAnswer, CodeQuestion, Codes } from '../../../src/validation/codes.ts'
import type { Options } from '../../../src/validation/profile/run.ts'
import type { Targets } from '../../../src/validation/targets.ts'
import type { Written } from './written.ts'

export type Expected = {
  readonly severity?: string
  readonly code: string
  readonly expression?: string
  readonly key?: string
  readonly source?: string
  /** A part of the sentence. */
  readonly text: string
}

export type Case = {
  readonly name: string
  readonly resource: Resource
  /** Instead of those that it claims. */
  readonly profiles?: readonly string[]
  readonly options?: Partial<Options>
  /** None: the resource is fine. */
  readonly issues?: readonly Expected[]
}

export type CaseFile = {
  readonly about: string
  readonly profiles?: readonly Written[]
  /** Codes by value set and system. */
  readonly valueSets?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>
  /** Resources that references outside of what is checked lead to. */
  readonly targets?: Readonly<Record<string, Resource>>
  readonly cases: readonly Case[]
}

const folder = new URL('../cases/', import.meta.url)

export function caseFiles(): readonly (CaseFile & { readonly file: string })[] {
  const names = readdirSync(folder).filter(name => name.endsWith('.json'))
  return names.sort().map(file => ({
    ...(parseJson(readFileSync(new URL(file, folder))) as unknown as CaseFile),
    file,
  }))
}

/** R4's own value sets are taken to hold every code. */
export function codesOf({ valueSets = {} }: Pick<CaseFile, 'valueSets'>): Codes {
  return {
    validate({ valueSet, system, code }: CodeQuestion): CodeAnswer {
      if (valueSet.startsWith('http://hl7.org/fhir/ValueSet/')) return 'in'
      const known = valueSets[valueSet]
      if (known === undefined) return 'unknown value set'
      if (system === undefined) return Object.values(known).some(codes => codes.includes(code)) ? 'in' : 'out'
      if (system === 'http://unknown') return 'unknown system'
      return known[system]?.includes(code) === true ? 'in' : 'out'
    },
  }
}

export function targetsOf({ targets = {} }: Pick<CaseFile, 'targets'>): Targets {
  return { find: reference => targets[reference] ?? 'absent' }
}
