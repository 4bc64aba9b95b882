/** Profiles, tags and security labels are sets. https://hl7.org/fhir/R4/resource-operation-meta-add.html */
import { fail } from '../../fhir/issue.ts'
import { isObject, type Json, type JsonObject } from '../../fhir/resource.ts'

const kinds = ['profile', 'security', 'tag'] as const

/** What is there already stays as it is. */
export function added(meta: JsonObject, more: JsonObject): JsonObject {
  return changed(meta, kind => distinct([...listOf(meta, kind), ...listOf(more, kind)]))
}

export function removed(meta: JsonObject, less: JsonObject): JsonObject {
  return changed(meta, kind => {
    const gone = new Set(listOf(less, kind).map(identity))
    return listOf(meta, kind).filter(label => !gone.has(identity(label)))
  })
}

/** All labels of many resources. */
export async function labelsOf(metas: AsyncIterable<JsonObject>): Promise<JsonObject> {
  const found = { profile: new Map<string, Json>(), security: new Map<string, Json>(), tag: new Map<string, Json>() }
  for await (const meta of metas) {
    for (const kind of kinds) {
      for (const label of listOf(meta, kind)) {
        const name = identity(label)
        if (!found[kind].has(name)) found[kind].set(name, label)
      }
    }
  }
  return changed({}, kind => [...found[kind].values()])
}

/** The other elements stay; an empty list is no list. */
function changed(meta: JsonObject, next: (kind: (typeof kinds)[number]) => readonly Json[]): JsonObject {
  // Their companion would no longer stand beside them.
  if (meta['_profile'] !== undefined) throw fail('business-rule', 'its profiles have extensions: expected an update')
  const lists = kinds.map(kind => [kind, next(kind)] as const).filter(([, list]) => list.length > 0)
  const { profile: _profile, security: _security, tag: _tag, ...rest } = meta
  return { ...rest, ...Object.fromEntries(lists) }
}

function distinct(labels: readonly Json[]): readonly Json[] {
  const seen = new Set<string>()
  return labels.filter(label => {
    const name = identity(label)
    const isNew = !seen.has(name)
    seen.add(name)
    return isNew
  })
}

function listOf(meta: JsonObject, kind: string): readonly Json[] {
  const list = meta[kind]
  return Array.isArray(list) ? list : []
}

/** "The identity of a tag or security label is the system+code. … version and display are ignored." */
function identity(label: Json): string {
  return isObject(label) ? JSON.stringify([label['system'], label['code']]) : String(label)
}
