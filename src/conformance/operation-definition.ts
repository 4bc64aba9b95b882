/** An OperationDefinition as a resource → what the kernel of operations needs of it. https://hl7.org/fhir/R4/operationdefinition.html */
import { isObject, isResource, type Json, type JsonObject } from '../fhir/resource.ts'
import type { Operation, OperationParameter } from './artifact.ts'
import type { OwnFile } from './own.ts'

/** A test proves that our files are valid, so a broken one is a mistake of whoever builds this server. */
export function ownOperation({ name, content }: OwnFile): Operation {
  if (!isResource(content) || content.resourceType !== 'OperationDefinition') {
    throw new Error(`conformance/${name}: expected an OperationDefinition`)
  }
  const { affectsState } = content
  return {
    url: text(content['url']),
    name: text(content['name']),
    code: text(content['code']),
    ...(typeof affectsState === 'boolean' ? { affectsState } : {}),
    resource: list(content['resource']).map(text),
    system: content['system'] === true,
    type: content['type'] === true,
    instance: content['instance'] === true,
    parameter: objects(content['parameter']).map(parameter),
  }
}

function parameter({ name, use, min, max, type, part }: JsonObject): OperationParameter {
  const parts = objects(part).map(parameter)
  return {
    name: text(name),
    use: use === 'out' ? 'out' : 'in',
    min: Number(min),
    max: text(max),
    ...(type === undefined ? {} : { type: text(type) }),
    ...(parts.length === 0 ? {} : { part: parts }),
  }
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return list(value).filter(isObject)
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
