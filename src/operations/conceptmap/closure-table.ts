/**
 * A closure table: the concepts that a client has added under a name, each with the version that brought it. Every version is a
 * version of one Basic resource, which holds only what was new: its history is the table.
 * https://hl7.org/fhir/R4/terminology-service.html#closure
 */
import { createHash } from 'node:crypto'
import { parseJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import { isObject, type JsonObject, type Resource } from '../../fhir/resource.ts'
import type { Version } from '../../store/port.ts'
import { objectOf, objectsOf, textOf } from '../../terminology/element.ts'

export type Added = { readonly system: string; readonly version?: string; readonly code: string }

export type ClosureTable = {
  /** The version that it is in. */
  readonly version: number
  /** The one that it began with. */
  readonly start: number
  readonly concepts: ReadonlyMap<string, Added & { readonly since: number }>
}

export function keyOf({ system, version = '', code }: Added): string {
  return `${system}|${version}|${code}`
}

/** A name may be any text, an id may not. */
export function idFor(name: string): string {
  return `closure-${createHash('sha256').update(name).digest('hex').slice(0, 40)}`
}

const nameSystem = 'urn:kiln:closure-table'
const stepSystem = 'urn:kiln:closure-step'

/** `added` to nothing begins the table anew. */
export function printStep(name: string, step: 'begin' | 'add', added: readonly Added[]): Resource {
  const text = `What was last done to the closure table '${name}': its history is the table. Delete it to be rid of the table.`
  const members = added.length === 0 ? {} : { contained: [listOf(added)], subject: { reference: '#added' } }
  return {
    resourceType: 'Basic',
    id: idFor(name),
    meta: { tag: [{ system: stepSystem, code: step }] },
    ...members,
    identifier: [{ system: nameSystem, value: name }],
    code: { coding: [{ system: 'urn:kiln:basic', code: 'closure-table' }], text },
  }
}

function listOf(added: readonly Added[]): Resource {
  const bySystem = Map.groupBy(added, ({ system, version = '' }) => `${system}|${version}`)
  const include = [...bySystem.values()].flatMap(members =>
    members.slice(0, 1).map(({ system, version }) => ({
      system,
      ...(version === undefined ? {} : { version }),
      concept: members.map(({ code }) => ({ code })),
    })),
  )
  return { resourceType: 'ValueSet', id: 'added', status: 'active', compose: { include } }
}

/** `undefined`: there is no table, or not any more. What somebody else wrote in its place ends it. */
export function after(table: ClosureTable | undefined, { version, json }: Version): ClosureTable | undefined {
  const resource = json === undefined ? null : parseJson(json, ownLimits)
  if (!isObject(resource)) return undefined
  const tag = objectsOf(objectOf(resource, 'meta'), 'tag').find(each => each['system'] === stepSystem)
  const step = textOf(tag, 'code')
  if (step === 'begin') return { version, start: version, concepts: new Map() }
  if (step !== 'add' || table === undefined) return undefined
  const concepts = new Map(table.concepts)
  for (const added of addedBy(resource)) concepts.set(keyOf(added), { ...added, since: version })
  return { ...table, version, concepts }
}

function addedBy(resource: JsonObject): readonly Added[] {
  const [list] = objectsOf(resource, 'contained')
  return objectsOf(objectOf(list, 'compose'), 'include').flatMap(include => {
    const [system, version] = [textOf(include, 'system'), textOf(include, 'version')]
    return objectsOf(include, 'concept').flatMap(concept => {
      const code = textOf(concept, 'code')
      if (system === undefined || code === undefined) return []
      return [{ system, ...(version === undefined ? {} : { version }), code }]
    })
  })
}
