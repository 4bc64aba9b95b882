/** https://hl7.org/fhir/R4/codesystem-operation-validate-code.html */
import type * as conformance from '../../conformance/artifact.ts'
import type { OperationParameter } from '../../conformance/artifact.ts'
import { fail } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import { validate, validationParameters } from '../../terminology/value-set/validate.ts'
import type { Coding, Subject, ValidateRequest } from '../../terminology/value-set/validate-request.ts'
import type { Input } from '../kernel/input.ts'
import type { Operation } from '../kernel/operation.ts'
import { type Asked, askedParameters } from '../terminology/asked.ts'
import { codingOf, codingsOf, onlyOne } from '../terminology/subject.ts'
import { agreed, type InQuestion, systemNamed, whenAsked } from './in-question.ts'

/** What later versions define beside what all questions may say. */
const later: readonly OperationParameter[] = [
  flag('inferSystem'),
  flag('lenient-display-validation'),
  flag('valueset-membership-only'),
  flag('activeOnly'),
  // ValueSet/$validate-code calls it so, and clients send it here, too.
  { name: 'system', use: 'in', min: 0, max: '1', type: 'uri' },
]

function flag(name: string): OperationParameter {
  return { name, use: 'in', min: 0, max: '1', type: 'boolean' }
}

export function validateCode(definition: conformance.Operation): Operation {
  return {
    definition,
    also: [...later, ...askedParameters],
    unknown: 'ignore',
    affectsState: false,
    scope: 'r',
    cost: 1,
    lasting: () => true,
    run(ctx, call) {
      const { input } = call
      const as = onlyOne(input, ['code', 'coding', 'codeableConcept'])
      const judged = (asked: Asked, question: InQuestion): Resource => {
        const said = [question.own?.url, input.text('url'), input.text('system')]
        const url = agreed('url', said, 'expected the code system that the codes are of')
        const request: ValidateRequest = {
          terminology: question.terminology,
          rules: asked.rules,
          languages: asked.languages,
          subject: subjectOf(input, as, url, question),
          ofSystem: url,
          ...choices(input),
        }
        return validationParameters(validate(request))
      }
      return whenAsked(ctx, call, judged, input.resource('codeSystem'))
    },
  }
}

function choices(input: Input): Partial<ValidateRequest> {
  return {
    abstract: input.flag('abstract'),
    activeOnly: input.flag('activeOnly'),
    lenientDisplay: input.flag('lenient-display-validation'),
    membershipOnly: input.flag('valueset-membership-only'),
  }
}

/** Codings that tell no version are held against the one that is asked about. */
function subjectOf(
  input: Input,
  as: 'code' | 'coding' | 'codeableConcept',
  url: string | undefined,
  { own }: InQuestion,
): Subject {
  const version = agreed('version', [own?.version, input.text('version')], 'expected that of the code system')
  const infers = input.flag('inferSystem') === true
  const completed = (coding: Coding): Coding => {
    const system = coding.system ?? (infers ? url : undefined)
    const isIts = system === url && version !== undefined
    if (!isIts && system === coding.system) return coding
    return {
      ...(isIts ? { version } : {}),
      ...coding,
      ...(system === undefined ? {} : { system }),
    }
  }
  if (as === 'code') {
    const [code = '', display] = [input.text('code'), input.text('display')]
    return {
      as,
      coding: completed({ code, system: systemNamed([url], 'url'), ...(display === undefined ? {} : { display }) }),
    }
  }
  if (input.one('display') !== undefined) {
    throw fail('invalid', `the parameter 'display' belongs to the parameter 'code', which is not there`, 'display')
  }
  const element = input.object(as)
  if (element === undefined) throw fail('required', `the parameter '${as}' has no value`, as)
  if (as === 'coding') return { as, coding: completed(codingOf(element)) }
  return { as, concept: element, codings: codingsOf(element).map(completed) }
}
