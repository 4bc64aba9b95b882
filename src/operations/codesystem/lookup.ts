/** https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import type * as conformance from '../../conformance/artifact.ts'
import { fail } from '../../fhir/issue.ts'
import { unknownCode } from '../../terminology/value-set/coding-issues.ts'
import { refusal } from '../../terminology/value-set/tx-issue.ts'
import type { Coding } from '../../terminology/value-set/validate-request.ts'
import type { Input } from '../kernel/input.ts'
import type { Operation } from '../kernel/operation.ts'
import { askedParameters } from '../terminology/asked.ts'
import { codingOf, onlyOne } from '../terminology/subject.ts'
import { details, detailsOfUnlisted } from './details.ts'
import { agreed, definitionOf, systemNamed, whenAsked } from './in-question.ts'
import { wantedBy } from './wanted.ts'

export function lookup(definition: conformance.Operation): Operation {
  return {
    definition,
    also: askedParameters,
    unknown: 'ignore',
    affectsState: false,
    scope: 'r',
    cost: 1,
    lasting: () => true,
    run(ctx, call) {
      const { input } = call
      const { code, ...coding } = codeIn(input)
      const url = systemNamed([input.text('system'), coding.system])
      const version = agreed('version', [input.text('version'), coding.version], 'expected one')
      return whenAsked(ctx, call, ({ languages }, question) => {
        const system = definitionOf(question, { url, version }, 'code cannot be looked up', 'system')
        const concept = system.find(code)
        if (concept !== undefined) return details(system, concept, wantedBy(input.texts('property')), languages)
        const answer = system.grammar?.check(code)
        if (answer?.valid === true) return detailsOfUnlisted(system, code, answer, wantedBy(input.texts('property')))
        throw refusal([{ ...unknownCode(code, system, 'code', answer?.why), code: 'not-found', severity: 'error' }])
      })
    },
  }
}

function codeIn(input: Input): Coding & { readonly code: string } {
  const as = onlyOne(input, ['code', 'coding'])
  const coding = as === 'code' ? { code: input.text('code') ?? '' } : codingOf(input.object('coding') ?? {})
  const { code } = coding
  if (code === undefined)
    throw fail('required', 'the coding has no code, so there is nothing to look up', 'coding.code')
  return { ...coding, code }
}
