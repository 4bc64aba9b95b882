/** Expression constraints as value sets ask them. https://hl7.org/fhir/R4/snomedct.html#implicit */
import type { CodeSystem, Relations } from '../code-system.ts'
import { isRelated } from '../resource/supplemented.ts'
import { type Answer, type Evaluator, evaluatorOf } from './evaluate.ts'
import { parseEcl } from './parse.ts'
import { unsupported } from './run.ts'
import type { Substrate } from './substrate.ts'

/** Evaluators are kept as long as their code systems. */
export function openConstraints(): (system: CodeSystem, expression: string) => Answer {
  const known = new WeakMap<CodeSystem, Evaluator>()
  return (system, expression) => {
    const evaluate = known.get(system) ?? evaluatorOf(isRelated(system) ? system : hierarchyOnly(system))
    known.set(system, evaluate)
    return evaluate(parseEcl(expression), expression)
  }
}

/** Of a CodeSystem resource: what it cannot tell is refused, and never taken for nothing. */
function hierarchyOnly(system: CodeSystem): Substrate {
  const refuse = (): never => {
    throw unsupported(`attributes and reference sets of ${system.facts.url} are not known here, only its hierarchy is`)
  }
  const relations: Relations = { sources: refuse, attributes: refuse, members: refuse, refsets: refuse }
  return { ...system, ...relations }
}
