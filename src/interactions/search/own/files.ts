/** The definitions in `conformance/search-parameters`, which every tenant has. */
import { BadDefinitions, type OwnFile, ownSearchParameters } from '../../../conformance/own.ts'
import { ownParameter } from '../../../conformance/search-parameter.ts'
import { error, type Issue } from '../../../fhir/issue.ts'
import { isResource } from '../../../fhir/resource.ts'
import { compositesLast, type OwnDefinition, openOwn } from '../../../search/own/beside.ts'
import { searchParameters } from '../../../search/parameters.ts'
import type { Known } from '../needs.ts'
import type { ParameterIssues } from './definitions.ts'

/** Throws `BadDefinitions` if there is anything wrong with one of them. Composites come behind what they are made of. */
export function ownDefinitions(
  definitions: Known,
  validate: ParameterIssues,
  files: readonly OwnFile[] = ownSearchParameters(),
): readonly OwnDefinition[] {
  if (files.length === 0) return []
  const r4 = { shapes: definitions.shapes, parameters: searchParameters(definitions) }
  const own = openOwn(r4)
  const mistakes: string[] = []
  const refuse = (from: string, issues: readonly Issue[]): void => {
    mistakes.push(...issues.map(({ expression, diagnostics }) => `conformance/${from}: ${expression}: ${diagnostics}`))
  }
  const read = files.map(file => readFile(file, validate))
  for (const { from, issues } of read) refuse(from, issues)
  for (const one of compositesLast(read.flatMap(({ definition }) => definition ?? []))) {
    const issues = own.issues(one, 'SearchParameter')
    refuse(one.from, issues)
    if (issues.length === 0) own.add(one)
  }
  if (mistakes.length > 0) throw new BadDefinitions(mistakes.join('\n'))
  return own.all
}

type Read = { readonly from: string; readonly issues: readonly Issue[]; readonly definition?: OwnDefinition }

function readFile({ name: from, content }: OwnFile, validate: ParameterIssues): Read {
  if (!isResource(content) || content.resourceType !== 'SearchParameter') {
    return { from, issues: [error('invalid', 'expected a SearchParameter', 'SearchParameter')] }
  }
  const issues = validate(content, 'SearchParameter')
  if (issues.length > 0) return { from, issues }
  const parameter = ownParameter(content)
  if (parameter !== undefined) return { from, issues, definition: { parameter, from } }
  const text = `the status is '${content['status']}': expected active`
  return { from, issues: [error('business-rule', text, 'SearchParameter.status')] }
}
