/** The labels of a version, of a resource, of a type, of all. https://hl7.org/fhir/R4/resource-operation-meta.html */
import type * as conformance from '../../conformance/artifact.ts'
import { fail } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { isObject, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Context, FhirRequest } from '../../interactions/interaction.ts'
import { read } from '../../interactions/read.ts'
import { vread } from '../../interactions/vread.ts'
import type { Operation } from '../kernel/operation.ts'
import { parameters } from '../kernel/parameters.ts'
import { labelsOf } from './labels.ts'

export function meta(definition: conformance.Operation): Operation {
  return {
    definition,
    unknown: 'refuse',
    affectsState: false,
    ofVersions: true,
    scope: 'r',
    cost: 100,
    async run(ctx, { request }) {
      const { at, type } = request.target
      if (at === 'instance' || at === 'version') return returned(await metaOf(ctx, request))
      const types = at === 'type' ? [type] : await ctx.store.types(request.tenant)
      return returned(await labelsOf(metas(ctx, request.tenant, types)))
    },
  }
}

/** Of something without labels, and without a version, an empty Meta would be none. */
export function returned(meta: JsonObject): Resource {
  return Object.keys(meta).length === 0 ? { resourceType: 'Parameters' } : parameters([['return', 'Meta', meta]])
}

/** "…the same meta as would be returned by accessing the resource directly". */
async function metaOf(ctx: Context, request: FhirRequest): Promise<JsonObject> {
  const { handle } = request.target.at === 'version' ? vread : read
  const whole = { ...request, query: new URLSearchParams(), headers: { accept: 'application/fhir+json' } }
  const { body } = await handle(ctx, whole)
  return body?.is === 'json' ? metaIn(body.json) : {}
}

export function metaIn(json: string): JsonObject {
  const resource = parseJson(json)
  return isObject(resource) && isObject(resource['meta']) ? resource['meta'] : {}
}

/** Every resource is looked at, one by one, as far as a search may take. */
async function* metas(ctx: Context, tenant: string, types: readonly string[]): AsyncGenerator<JsonObject> {
  const { store, clock, search } = ctx
  const end = clock() + search.budget
  const at = await store.sequence(tenant)
  for (const type of types) {
    for await (const { json } of store.scan({ tenant, type, at })) {
      if (clock() > end) throw fail('too-costly', 'there are too many resources to look at for their labels')
      if (json !== undefined) yield metaIn(json)
    }
  }
}
