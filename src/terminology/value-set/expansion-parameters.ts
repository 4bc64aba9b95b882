/** What an expansion says of how it was made. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.parameter */
import type { JsonObject } from '../../fhir/resource.ts'
import { printCanonical } from '../canonical.ts'
import type { Run } from './clause.ts'
import type { Definition } from './definition.ts'
import type { Members } from './membership.ts'

type Standing = {
  readonly canonical: string
  readonly status: string
  readonly experimental: boolean
  readonly standardsStatus?: string
}

export function parametersOf(
  members: Members,
  runs: readonly Run[],
  echo: readonly JsonObject[],
): readonly JsonObject[] {
  const { definition, imports, warnings } = members
  const systems = runs.flatMap(({ part: { url, version, system } }) => {
    const canonical = printCanonical(url, version)
    return system === undefined ? [] : [{ ...system.facts, canonical }]
  })
  const parameters = [
    ...echo,
    ...named('used-codesystem', systems),
    ...named('version', systems),
    ...named('used-valueset', imports),
    ...(definition.lockedDate === undefined ? [] : [{ name: 'lockedDate', valueDate: definition.lockedDate }]),
    ...[definition, ...imports, ...systems].flatMap(each => warningsOf(each, definition)),
    ...warnings.map(({ diagnostics }) => ({ name: 'warning', valueString: diagnostics })),
  ]
  return distinct(parameters)
}

function named(name: string, of: readonly { readonly canonical: string }[]): readonly JsonObject[] {
  return of.map(({ canonical }) => ({ name, valueUri: canonical }))
}

/** Drafts and experiments are news only where the value set itself is none. */
function warningsOf(standing: Standing, definition: Definition): readonly JsonObject[] {
  const warnings: string[] = []
  const { status, experimental, standardsStatus, canonical } = standing
  if (standardsStatus === 'deprecated' || standardsStatus === 'withdrawn') warnings.push(standardsStatus)
  else if (status === 'retired') warnings.push('retired')
  else if (experimental && (standing === definition || !definition.experimental)) warnings.push('experimental')
  else if (status === 'draft' && (standing === definition || definition.status !== 'draft')) warnings.push('draft')
  return warnings.map(warning => ({ name: `warning-${warning}`, valueUri: canonical }))
}

function distinct(parameters: readonly JsonObject[]): readonly JsonObject[] {
  return [...new Map(parameters.map(parameter => [JSON.stringify(parameter), parameter])).values()]
}
