/** Code systems whose codes are what a grammar accepts. https://hl7.org/fhir/R4/terminologies-systems.html */
import type { CodeSystem, FilterOperator, Grammar } from '../../code-system.ts'
import { readCodeSystem } from '../resource-code-system.ts'

type Description = {
  readonly url: string
  readonly version?: string
  readonly name: string
  readonly title: string
  readonly caseSensitive: boolean
  readonly valueSet?: string
  readonly filter?: readonly {
    readonly code: string
    readonly operator: readonly FilterOperator[]
    readonly value: string
  }[]
}

/** Lists nothing; every code is asked of the grammar. */
export function grammarSystem(description: Description, grammar: Grammar): CodeSystem {
  const { system } = readCodeSystem({
    resourceType: 'CodeSystem',
    ...description,
    status: 'active',
    content: 'complete',
    compositional: true,
  })
  return { ...system, grammar }
}
