/** What is wrong with an access policy that is about to be stored: it would grant less than it says. */
import { error, FhirError, type Issue } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import { parseQuery } from '../../search/parse/parse.ts'
import { elementsNamed } from '../../security/access/elements.ts'
import { filled, noFacts, unknownVariables } from '../../security/access/facts.ts'
import { levels, sensitivities } from '../../security/access/labels.ts'
import { type PolicyRule, policyOf } from '../../security/access/policy.ts'
import { compileRule } from '../../security/access/within.ts'
import type { Context } from '../interaction.ts'

type Needs = Pick<Context, 'search' | 'shapes'>

/** `at`: the FHIRPath that leads to it. */
export function policyIssues(needs: Needs, resource: Resource, at: string): readonly Issue[] {
  const policy = policyOf(resource, resource.id ?? '')
  if (policy === undefined) return []
  const { confidentiality } = policy
  const unknown = policy.sensitivities.filter(code => code !== '*' && !sensitivities.includes(code))
  return [
    ...(levels.includes(confidentiality)
      ? []
      : [`confidentiality '${confidentiality}': expected ${levels.join(', ')}`]),
    ...policy.unknown.map(name => `there is no part '${name}'`),
    ...policy.rules.flatMap(formMistakes),
    ...unknown.map(code => `sensitivity '${code}' is none of v3-InformationSensitivityPolicy`),
    ...policy.rules.flatMap(rule => rule.types.flatMap(type => mistakesOf(needs, rule, type))),
  ].map(text => error('business-rule', `the access policy cannot be used: ${text}`, at))
}

function formMistakes({ unknown, letters, types }: PolicyRule): readonly string[] {
  if (unknown.length > 0) return unknown.map(name => `there is no part '${name}' of a rule`)
  if (types.length === 0) return ['a rule without type is about nothing']
  return letters.length === 0 ? ["a rule has no interactions: expected letters of 'cruds', in this order"] : []
}

function mistakesOf(needs: Needs, rule: PolicyRule, type: string): readonly string[] {
  const { shapes } = needs
  if (type !== '*' && !shapes.resourceTypes.includes(type)) return [`there is no resource type '${type}'`]
  return [
    ...rule.criteria.flatMap(text => criteriaMistakes(needs, type, text)),
    ...rule.compartments.filter(text => !isVariable(text)).map(text => `compartment '${text}': expected a variable`),
    ...(type === '*' ? [] : [...rule.hidden, ...rule.fixed].flatMap(name => elementMistakes(needs, type, name, rule))),
    ...(type === '*' ? [] : rule.constraints.flatMap(text => constraintMistakes(needs, type, text))),
  ]
}

function isVariable(text: string): boolean {
  return text.startsWith('%') && Object.hasOwn(noFacts, text.slice(1))
}

const sample = Object.fromEntries(Object.keys(noFacts).map(name => [name, ['Patient/1']])) as unknown as typeof noFacts

function criteriaMistakes({ search, shapes }: Needs, type: string, text: string): readonly string[] {
  if (type === '*') return [`criteria '${text}' are for one type, not for all`]
  const unknown = unknownVariables(text)
  if (unknown.length > 0) return [`criteria '${text}': there is no variable %${unknown[0]}`]
  const parameters = new URLSearchParams(filled(text, sample) ?? '')
  const known = { parameters: search.parameters, types: shapes.resourceTypes }
  try {
    parseQuery({ type, parameters, handling: 'strict', defaultCount: 1, largestCount: 1 }, known)
    return []
  } catch (error) {
    if (error instanceof FhirError)
      return error.issues.map(issue => `criteria '${text}' of ${type}: ${issue.diagnostics}`)
    throw error
  }
}

/** Who does not see what must be there could never write such a resource. */
function elementMistakes({ shapes }: Needs, type: string, name: string, { hidden }: PolicyRule): readonly string[] {
  const found = elementsNamed(name, type, shapes)
  if ('unknown' in found) return [found.unknown]
  return found.required && hidden.includes(name) ? [`${type} cannot do without '${name}', so it cannot be hidden`] : []
}

function constraintMistakes({ shapes }: Needs, type: string, text: string): readonly string[] {
  try {
    return compileRule(text, type, shapes) ? [] : [`constraint '${text}' uses functions that are not known here`]
  } catch (error) {
    if (error instanceof FhirError) return [`constraint '${text}': ${error.message}`]
    throw error
  }
}
