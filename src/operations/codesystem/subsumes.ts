/** https://hl7.org/fhir/R4/codesystem-operation-subsumes.html */
import type * as conformance from '../../conformance/artifact.ts'
import { fail } from '../../fhir/issue.ts'
import type { CodeSystem, Subsumption } from '../../terminology/code-system.ts'
import type { Concept } from '../../terminology/concept-set.ts'
import { isTaxonomy } from '../../terminology/taxonomy.ts'
import { unknownCode } from '../../terminology/value-set/coding-issues.ts'
import { refusal, type TxIssue, txIssue } from '../../terminology/value-set/tx-issue.ts'
import type { Coding } from '../../terminology/value-set/validate-request.ts'
import type { Input } from '../kernel/input.ts'
import type { Operation } from '../kernel/operation.ts'
import { parameters } from '../kernel/parameters.ts'
import { askedParameters } from '../terminology/asked.ts'
import { codingOf, onlyOne } from '../terminology/subject.ts'
import { agreed, definitionOf, systemNamed, whenAsked } from './in-question.ts'

export function subsumes(definition: conformance.Operation): Operation {
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
      const [a, b] = [oneIn(input, 'A'), oneIn(input, 'B')]
      if (a.by !== b.by) throw mixed(a, b)
      return whenAsked(ctx, call, (_, question) => {
        const { own } = question
        const url = systemNamed([own?.url, input.text('system'), a.system, b.system])
        const said = [own?.version, input.text('version'), a.version, b.version]
        const version = agreed('version', said, 'expected codes of one version of the code system')
        const system = definitionOf(question, { url, version }, 'codes cannot be compared', 'system')
        return parameters([['outcome', 'code', relation(system, a, b)]])
      })
    },
  }
}

/** `at`: where its code stands. */
type Asked = Coding & { readonly code: string; readonly by: 'code' | 'coding'; readonly at: string }

function oneIn(input: Input, which: 'A' | 'B'): Asked {
  const as = onlyOne(input, [`code${which}`, `coding${which}`])
  if (as === `code${which}`) return { code: input.text(as) ?? '', by: 'code', at: as }
  const { code, ...coding } = codingOf(input.object(as) ?? {})
  if (code === undefined) throw fail('required', `${as} has no code, so there is nothing to compare`, `${as}.code`)
  return { ...coding, code, by: 'coding', at: `${as}.code` }
}

function mixed(a: Asked, b: Asked): Error {
  const text = `found ${a.by}A and ${b.by}B: expected codeA and codeB, or codingA and codingB`
  return fail('invalid', text, `${b.by}B`)
}

function relation(system: CodeSystem, a: Asked, b: Asked): Subsumption {
  const [one, other] = [placeIn(system, a), placeIn(system, b)]
  if (one === other) return 'equivalent'
  if (typeof one === 'string' && typeof other === 'string') {
    const answer = system.grammar?.relation?.(one, other) ?? 'not-subsumed'
    if (typeof answer === 'string') return answer
    throw refusal([undetermined(a, b, answer.unclear)])
  }
  if (typeof one === 'string' || typeof other === 'string') return 'not-subsumed'
  // "…given the semantics of subsumption in the underlying code system (see hierarchyMeaning)"
  if (!isTaxonomy(system.facts)) return 'not-subsumed'
  if (system.isA(other, one)) return 'subsumes'
  return system.isA(one, other) ? 'subsumed-by' : 'not-subsumed'
}

/** None of the outcomes says that one does not know. */
function undetermined(a: Asked, b: Asked, unclear: string): TxIssue {
  return txIssue({
    code: 'not-supported',
    type: 'cannot-determine',
    id: 'SUBSUMPTION_CANNOT_DETERMINE',
    text: `Whether '${a.code}' subsumes '${b.code}' cannot be told: it depends on ${unclear}`,
    at: b.at,
  })
}

/** A concept; of codes that a grammar makes, the code as the rules of case have it. */
function placeIn(system: CodeSystem, { code, at }: Asked): Concept | string {
  const concept = system.find(code)
  if (concept !== undefined) return concept
  const answer = system.grammar?.check(code)
  if (answer?.valid === true) return system.facts.caseSensitive ? code : code.toLowerCase()
  throw refusal([{ ...unknownCode(code, system, at, answer?.why), severity: 'error' }])
}
