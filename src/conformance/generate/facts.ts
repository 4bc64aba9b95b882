/** Search parameters, compartments and operations without their prose. */
import type {
  CompartmentDefinition,
  Extension,
  OperationDefinition,
  OperationDefinitionParameter,
  SearchParameter as SearchParameterResource,
} from '@medplum/fhirtypes'
import type { Compartment, Operation, OperationParameter, SearchParameter, StandardsStatus } from '../artifact.ts'

const STANDARDS_STATUS = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-standards-status'
const statuses: readonly StandardsStatus[] = ['normative', 'trial-use', 'draft']

export function searchParameter(resource: SearchParameterResource): SearchParameter {
  const { url, name, code, base, type, expression, xpathUsage, target, multipleOr, multipleAnd } = resource
  const { comparator, modifier, component } = resource
  return present({
    url,
    name,
    code,
    base,
    type,
    status: standardsStatus(resource.extension),
    expression,
    xpathUsage: xpathUsage === 'normal' ? undefined : xpathUsage,
    target,
    multipleOr,
    multipleAnd,
    comparator,
    modifier,
    component: component?.map(({ definition, expression }) => ({ definition, expression })),
  })
}

export function compartment({ url, code, resource = [] }: CompartmentDefinition): Compartment {
  const members = resource.flatMap(({ code, param }) => (param === undefined ? [] : [[code, param] as const]))
  return { url, code, resources: Object.fromEntries(members) }
}

export function operation(resource: OperationDefinition): Operation {
  const { name, code, affectsState, system, type, instance } = resource
  return present({
    url: resource.url ?? '',
    name,
    code,
    status: standardsStatus(resource.extension),
    affectsState,
    resource: resource.resource ?? [],
    system,
    type,
    instance,
    parameter: resource.parameter?.map(operationParameter) ?? [],
  })
}

function operationParameter(parameter: OperationDefinitionParameter): OperationParameter {
  const { name, use, min, max, type, searchType, targetProfile, part } = parameter
  return present({ name, use, min, max, type, searchType, targetProfile, part: part?.map(operationParameter) })
}

export function standardsStatus(extensions: readonly Extension[] | undefined): StandardsStatus | undefined {
  const code = extensions?.find(({ url }) => url === STANDARDS_STATUS)?.valueCode
  return statuses.find(status => status === code)
}

/** Without the absent ones, so that `undefined` never stands where the type says "may be missing". */
function present<T extends object>(facts: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as T
}
