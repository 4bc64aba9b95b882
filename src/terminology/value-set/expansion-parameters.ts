/** What an expansion says of how it was made. https://hl7.org/fhir/R4/valueset-definitions.html#ValueSet.expansion.parameter */
import type { JsonObject } from '../../fhir/resource.ts'
import { printCanonical } from '../canonical.ts'
import { textOf } from '../element.ts'
import type { Definition } from './definition.ts'
import { type ExpandRequest, isExcluded } from './expand-request.ts'
import type { Members } from './membership.ts'
import type { VersionRules } from './version-rules.ts'

type Standing = {
  readonly canonical: string
  readonly status: string
  readonly experimental: boolean
  readonly standardsStatus?: string
}

export function parametersOf(members: Members, { echo, excludeSystems }: ExpandRequest): readonly JsonObject[] {
  const { definition, warnings } = members
  const imports = members.imports.filter(({ resource }) => !definition.contained.includes(resource))
  const systems = members.used
    .filter(({ facts: { url, version } }) => !isExcluded(url, version, excludeSystems))
    .map(({ facts }) => ({ ...facts, canonical: printCanonical(facts.url, facts.version) }))
  const parameters = [
    ...echo.filter(parameter => isApplied(parameter, members)),
    ...named('used-codesystem', systems),
    ...named(
      'used-supplement',
      systems.flatMap(({ supplements = [] }) => supplements.map(canonical => ({ canonical }))),
    ),
    ...named('used-valueset', imports),
    ...(definition.lockedDate === undefined ? [] : [{ name: 'lockedDate', valueDate: definition.lockedDate }]),
    ...[definition, ...imports, ...systems].flatMap(each => warningsOf(each, definition)),
    ...warnings.map(({ diagnostics }) => ({ name: 'warning', valueString: diagnostics })),
  ]
  return distinct(parameters)
}

/** The parameters by which a request may tell a version: only those that did are news. */
const ruleNames: Readonly<Record<string, keyof VersionRules>> = {
  'system-version': 'system',
  'check-system-version': 'check',
  'force-system-version': 'force',
  'default-valueset-version': 'valueSet',
}

function isApplied(parameter: JsonObject, { told }: Members): boolean {
  const rule = ruleNames[textOf(parameter, 'name') ?? '']
  if (rule === undefined) return true
  return told.some(
    each => each.rule === rule && each.canonical === (parameter['valueUri'] ?? parameter['valueCanonical']),
  )
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
  else if (experimental && !definition.experimental) warnings.push('experimental')
  else if (status === 'draft' && definition.status !== 'draft') warnings.push('draft')
  return warnings.map(warning => ({ name: `warning-${warning}`, valueUri: canonical }))
}

function distinct(parameters: readonly JsonObject[]): readonly JsonObject[] {
  return [...new Map(parameters.map(parameter => [JSON.stringify(parameter), parameter])).values()]
}
