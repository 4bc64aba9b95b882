/** Many codes in one request, as the validators of the community send them. https://build.fhir.org/valueset-operation-batch-validate-code.html */
import type * as conformance from '../../conformance/artifact.ts'
import { FhirError, fail, toOutcome } from '../../fhir/issue.ts'
import { printJson } from '../../fhir/json.ts'
import { isResource, type Json, type Resource } from '../../fhir/resource.ts'
import type { Context } from '../../interactions/interaction.ts'
import { objectsOf, textOf } from '../../terminology/element.ts'
import { fromParameters } from '../kernel/from-parameters.ts'
import { type Argument, countFaults, type Expected, inputOf } from '../kernel/input.ts'
import type { Call, Operation } from '../kernel/operation.ts'
import { type Asked, askedOf, askedParameters } from '../terminology/asked.ts'
import { kindOf } from '../terminology/kinds.ts'
import { incomplete } from '../terminology/subject.ts'
import { validated, validateParameters } from './validate-code.ts'

const mostValidations = 10_000 // a second of work
const slice = 50 // validations; some milliseconds

/** `one`: $validate-code, whose parameters each validation takes. */
export function batchValidateCode(definition: conformance.Operation, one: conformance.Operation): Operation {
  const own = [...one.parameter.filter(({ use }) => use === 'in'), ...validateParameters]
  const each: Expected = new Map(own.map(parameter => [parameter.name, parameter]))
  return {
    definition,
    also: own,
    unknown: 'ignore',
    affectsState: false,
    scope: 'r',
    cost: 500,
    async run(ctx, call) {
      const validations = call.input.all('validation')
      if (validations.length > mostValidations) throw tooMany(validations.length)
      const shared = [...each.keys()].flatMap(name => call.input.all(name))
      const batch = { call, each, shared, asked: await askedOf(ctx, call) }
      const answers: string[] = []
      for (const [at, { value }] of validations.entries()) {
        if (at % slice === slice - 1) await ctx.turn()
        answers.push(printJson({ name: 'validation', resource: await answerTo(ctx, value, batch) }))
      }
      return {
        status: 200,
        body: { is: 'json', json: `{"resourceType":"Parameters","parameter":[${answers.join(',')}]}` },
      }
    },
  }
}

type Batch = {
  readonly call: Call
  readonly each: Expected
  /** What holds for all. */
  readonly shared: readonly Argument[]
  readonly asked: Asked
}

/** What would be refused alone is refused alone here, too. */
async function answerTo(ctx: Context, value: Json | undefined, batch: Batch): Promise<Resource> {
  try {
    return await validateOne(ctx, value, batch)
  } catch (error) {
    if (error instanceof FhirError) return toOutcome(error.issues.map(kindOf))
    throw error
  }
}

async function validateOne(ctx: Context, value: Json | undefined, batch: Batch): Promise<Resource> {
  const { each, shared, call } = batch
  if (!isResource(value) || value.resourceType !== 'Parameters') {
    const found = isResource(value) ? `a ${value.resourceType}` : 'no resource'
    throw fail('invalid', `the validation is ${found}: expected Parameters, as $validate-code takes them`)
  }
  const issues: FhirError['issues'][number][] = []
  const given = await fromParameters(ctx, value, each, 'ignore', issues)
  issues.push(...countFaults(given, each))
  if (issues.length > 0) throw new FhirError(issues, { status: 400 })
  const named = new Set(given.map(({ name }) => name))
  if (![...shared, ...given].some(({ name }) => subjects.has(name))) throw withoutCode(value)
  const whole = [...shared.filter(({ name }) => !isReplaced(name, named)), ...given]
  const own: Call = { request: call.request, input: inputOf(whole, each) }
  return validated(ctx, own, await askedFor(ctx, own, named, batch), 'what is named')
}

const subjects = new Set(['code', 'coding', 'codeableConcept'])

/** In the words that clients know, with what there is: often a parameter has a name that is wrong by a letter. */
function withoutCode(validation: Resource): Error {
  const found = objectsOf(validation, 'parameter').map(parameter => {
    const type = Object.keys(parameter).find(key => key.startsWith('value'))
    return type === undefined ? textOf(parameter, 'name') : `${textOf(parameter, 'name')}:${type.slice('value'.length)}`
  })
  const looked = 'looked for coding | codeableConcept | code'
  return incomplete(`Unable to find code to validate (${looked} in parameters =${found.join(', ')})`)
}

/** One way to name the code or the value set stands in for all others. */
const alternatives = [
  ['code', 'system', 'systemVersion', 'display', 'coding', 'codeableConcept'],
  ['url', 'valueSet', 'valueSetVersion', 'context'],
]

function isReplaced(name: string, named: ReadonlySet<string>): boolean {
  if (named.has(name)) return true
  return alternatives.some(names => names.includes(name) && names.some(each => named.has(each)))
}

/** What is known is the same for all, and compiled once, unless a validation brings more of it along. */
async function askedFor(ctx: Context, own: Call, named: ReadonlySet<string>, { each, asked, shared }: Batch) {
  if (!askedParameters.some(({ name }) => named.has(name))) return asked
  const sent = 'tx-resource'
  if (!named.has(sent)) {
    const rest = [...each.keys()].filter(name => name !== sent).flatMap(name => own.input.all(name))
    const { memberships, maps } = asked
    return { ...(await askedOf(ctx, { ...own, input: inputOf(rest, each) })), memberships, maps }
  }
  const all = [...shared.filter(({ name }) => name === sent), ...[...each.keys()].flatMap(name => own.input.all(name))]
  return askedOf(ctx, { ...own, input: inputOf(all, each) })
}

function tooMany(count: number): Error {
  const text = `the request has ${count} validations: expected at most ${mostValidations}; send the others in another`
  return fail('too-costly', text, 'Parameters.parameter', { status: 422 })
}
