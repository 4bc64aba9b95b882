/** A value set as a list of codes. https://hl7.org/fhir/R4/valueset-operation-expand.html */
import type * as conformance from '../../conformance/artifact.ts'
import { fail } from '../../fhir/issue.ts'
import type { JsonObject, Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'
import { usualLimit } from '../../terminology/value-set/expand.ts'
import type { ExpandRequest } from '../../terminology/value-set/expand-request.ts'
import type { Languages } from '../../terminology/value-set/language.ts'
import type { Input } from '../kernel/input.ts'
import type { Operation } from '../kernel/operation.ts'
import { askedOf, askedParameters } from '../terminology/asked.ts'
import { mustBeNow } from './date.ts'
import { expandInTurns } from './expand-in-turns.ts'
import { languagesFor } from './languages.ts'
import { noValueSet } from './validate-code.ts'
import { valueSetOf } from './value-set.ts'

const property: conformance.OperationParameter = { name: 'property', use: 'in', min: 0, max: '*', type: 'string' }

export function expandOperation(definition: conformance.Operation): Operation {
  return {
    definition,
    also: [...askedParameters, property],
    unknown: 'ignore',
    affectsState: false,
    scope: 'r',
    cost: 50,
    async run(ctx, call) {
      const { input } = call
      mustBeNow(ctx, input)
      const asked = await askedOf(ctx, call)
      const { memberships, rules, supplements } = asked
      const valueSet = await valueSetOf(ctx, call, asked)
      if (valueSet === undefined) throw noValueSet()
      const members = memberships.of(valueSet, { rules, supplements })
      const how = { identifier: `urn:uuid:${ctx.newId()}`, timestamp: timestampOf(ctx), limit: usualLimit }
      const expanded = await expandInTurns(members, requestOf(input, languagesFor(asked, valueSet)), how, ctx.turn)
      return { ...expanded, resourceType: 'ValueSet' } satisfies Resource
    },
  }
}

function timestampOf({ clock }: Context): string {
  return new Date(clock()).toISOString()
}

const flagNames = [
  'activeOnly',
  'excludeNested',
  'excludeNotForUI',
  'includeDesignations',
  'includeDefinition',
] as const

function requestOf(input: Input, languages: Languages): ExpandRequest {
  const direction = input.text('contextDirection')
  if (direction !== undefined && direction !== 'incoming' && direction !== 'outgoing') {
    throw fail('value', `contextDirection is '${direction}': expected incoming or outgoing`, 'contextDirection')
  }
  const filter = input.text('filter')
  const numbers = (['offset', 'count'] as const).map(name => [name, input.one(name)?.value] as const)
  const flags = flagNames.map(name => [name, input.flag(name)] as const)
  return {
    ...(filter === undefined ? {} : { filter }),
    ...Object.fromEntries([...numbers, ...flags].filter(([, value]) => value !== undefined)),
    designations: input.texts('designation'),
    properties: input.texts('property'),
    excludeSystems: input.texts('exclude-system'),
    languages,
    echo: echoOf(input, languages),
  }
}

/** What made the expansion what it is, in the types that its parameters may have. */
const echoed = {
  filter: 'valueString',
  date: 'valueDateTime',
  offset: 'valueInteger',
  count: 'valueInteger',
  includeDesignations: 'valueBoolean',
  designation: 'valueString',
  includeDefinition: 'valueBoolean',
  activeOnly: 'valueBoolean',
  excludeNested: 'valueBoolean',
  excludeNotForUI: 'valueBoolean',
  excludePostCoordinated: 'valueBoolean',
  'exclude-system': 'valueUri',
  'system-version': 'valueUri',
  'check-system-version': 'valueUri',
  'force-system-version': 'valueUri',
  'default-valueset-version': 'valueUri',
}

/** Supplements are told as those that were used, properties by what the codes carry. */
function echoOf(input: Input, languages: Languages): readonly JsonObject[] {
  const spoken = input.text('displayLanguage') ?? languages.join(',')
  const echo = Object.entries(echoed).flatMap(([name, as]) =>
    input.all(name).flatMap(({ value }) => (value === undefined ? [] : [{ name, [as]: value }])),
  )
  return spoken === '' ? echo : [...echo, { name: 'displayLanguage', valueCode: spoken }]
}
