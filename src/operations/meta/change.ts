/**
 * $meta-add and $meta-delete: https://hl7.org/fhir/R4/resource-operation-meta-add.html
 *
 * Deviates: "does not cause a new version of the resource to be created". Here versions never change, and whoever follows a history
 * must learn of a new security label; so a change of labels is a version, written on the terms of a patch.
 */
import type * as conformance from '../../conformance/artifact.ts'
import { fail } from '../../fhir/issue.ts'
import { parseJson, printJson } from '../../fhir/json.ts'
import { isObject, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Answer, Context, FhirRequest } from '../../interactions/interaction.ts'
import { type Next, replace } from '../../interactions/replace.ts'
import { check } from '../../interactions/write.ts'
import type { Version } from '../../store/port.ts'
import type { Operation } from '../kernel/operation.ts'
import { added, removed } from './labels.ts'
import { metaIn, returned } from './meta.ts'

type Change = (meta: JsonObject, given: JsonObject) => JsonObject

export function metaAdd(definition: conformance.Operation): Operation {
  return changing(definition, added)
}

export function metaDelete(definition: conformance.Operation): Operation {
  return changing(definition, removed)
}

function changing(definition: conformance.Operation, change: Change): Operation {
  return {
    definition,
    unknown: 'refuse',
    affectsState: true,
    scope: 'u',
    cost: 2,
    run: (ctx, { request, input }) => relabel(ctx, request, meta => change(meta, input.object('meta') ?? {})),
  }
}

async function relabel(ctx: Context, request: FhirRequest, change: (meta: JsonObject) => JsonObject): Promise<Answer> {
  const headers = { ...request.headers, prefer: 'return=representation', accept: 'application/fhir+json' }
  const written = await replace(ctx, { ...request, headers, query: new URLSearchParams() }, 'PATCH', current =>
    next(ctx, request, current, change),
  )
  const meta = written.body?.is === 'json' ? metaIn(written.body.json) : {}
  const { 'content-location': _of, ...validators } = written.headers ?? {}
  return { status: 200, headers: validators, body: { is: 'json', json: printJson(returned(meta)) } }
}

async function next(
  ctx: Context,
  { target: { type, id } }: FhirRequest,
  current: Version | undefined,
  change: (meta: JsonObject) => JsonObject,
): Promise<Next> {
  if (!current) throw fail('not-found', `${type}/${id} does not exist`)
  if (current.json === undefined) throw fail('deleted', `${type}/${id} was deleted by version ${current.version}`)
  const resource = parseJson(current.json) as Resource
  const meta = change(isObject(resource.meta) ? resource.meta : {})
  const relabelled = { ...resource, meta }
  return { resource: relabelled, issues: await check(ctx, relabelled) }
}
