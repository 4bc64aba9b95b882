/** Operations as interactions: one for each level and method, found by the dispatch table like any other. */
import { FhirError } from '../../fhir/issue.ts'
import { printJson } from '../../fhir/json.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Answer, Context, FhirRequest, Interaction } from '../../interactions/interaction.ts'
import { partial } from '../../interactions/present.ts'
import type { Expected, Input } from './input.ts'
import { type KeptAnswers, keepAnswers } from './kept-answers.ts'
import type { Operation } from './operation.ts'
import { bodyOf, inputInUrl, mayHaveBody, readInput } from './read.ts'

export function compileOperations(operations: readonly Operation[]): readonly Interaction[] {
  const kept = keepAnswers()
  return operations.flatMap(operation => {
    const { definition, affectsState, scope, cost, cancel } = operation
    const methods = affectsState ? (['POST'] as const) : (['GET', 'POST'] as const)
    const common = { code: 'operation', verb: `$${definition.code}`, affectsState, scope, audit: 'E', cost } as const
    const handle = handler(operation, kept)
    return levelsOf(operation).flatMap(at => {
      const types = at === 'system' ? {} : typesOf(operation)
      const asked = methods.map(method => ({ ...common, method, at, ...types, handle }))
      if (cancel === undefined) return asked
      const undone = handler({ ...operation, run: cancel }, kept)
      return [
        ...asked,
        { ...common, affectsState: true, scope: 'd', method: 'DELETE', at, ...types, handle: undone } as const,
      ]
    })
  })
}

function levelsOf({ definition, ofVersions }: Operation): readonly Interaction['at'][] {
  const { system, type, instance } = definition
  const levels = { system, type, instance, version: instance && ofVersions === true }
  return (['system', 'type', 'instance', 'version'] as const).filter(level => levels[level])
}

function typesOf({ definition: { resource } }: Operation): Pick<Interaction, 'types'> {
  return resource.includes('Resource') ? {} : { types: resource }
}

function handler(operation: Operation, kept: KeptAnswers): Interaction['handle'] {
  const expected = expectedBy(operation)
  const run = (ctx: Context, request: FhirRequest, input: Input): Answer | Promise<Answer> => {
    const given = operation.run(ctx, { request, input })
    return given instanceof Promise ? given.then(each => answer(ctx, request, each)) : answer(ctx, request, given)
  }
  const ofBody = async (ctx: Context, request: FhirRequest): Promise<Answer> => {
    let body: Resource | undefined
    try {
      body = await bodyOf(ctx, request, operation)
    } catch (error) {
      if (operation.misread && isMisread(error)) return answer(ctx, request, operation.misread(error))
      throw error
    }
    return run(ctx, request, await readInput(ctx, request, body, operation, expected))
  }
  const make = (ctx: Context, request: FhirRequest): Answer | Promise<Answer> =>
    mayHaveBody(request) ? ofBody(ctx, request) : run(ctx, request, inputInUrl(ctx, request, operation, expected))
  return async (ctx, request) => kept(ctx, request, operation, () => make(ctx, request))
}

/** Only inside of a resource do faults have an expression: others are about what is no XML, or no resource at all. */
function isMisread(error: unknown): error is FhirError {
  return error instanceof FhirError && error.issues.every(({ expression }) => expression !== undefined)
}

function expectedBy({ definition, also = [] }: Operation): Expected {
  const own = definition.parameter.filter(({ use }) => use === 'in')
  return new Map([...own, ...also].map(parameter => [parameter.name, parameter]))
}

function answer(ctx: Context, { query }: FhirRequest, given: Resource | Answer): Answer {
  if (!('resourceType' in given)) return given
  const json = printJson(given)
  // Of Parameters and outcomes a part would be of no use to anybody.
  const whole = given.resourceType === 'Parameters' || given.resourceType === 'OperationOutcome'
  return { status: 200, body: { is: 'json', json: whole ? json : partial(ctx, query, json) } }
}
