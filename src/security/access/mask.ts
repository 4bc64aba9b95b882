/** Resources without the elements that are hidden, as they go out to one principal, and as they come back from him. */
import { fail } from '../../fhir/issue.ts'
import { parseJson, printJson } from '../../fhir/json.ts'
import { ownLimits } from '../../fhir/json-limits.ts'
import { isObject, isResource, type Json, type Resource } from '../../fhir/resource.ts'
import { marked, unmarked } from '../../fhir/subset.ts'
import { plainType } from '../../search/contained.ts'
import type { Version } from '../../store/port.ts'
import type { Access } from './access.ts'
import { restored, type Tree, treeOf, without } from './elements.ts'

export type Mask = {
  /** Whether there may be something to hide in a text of this type. */
  readonly concerns: (type: string, json: string) => boolean
  /** Another text, of the same version. */
  readonly shown: <V extends Pick<Version, 'type' | 'json'>>(version: V) => V
  /** What somebody wrote who does not see all of it, with what was there before; the same object where he sees all. */
  readonly whole: (next: Resource, before: Resource | undefined) => Resource
}

const noMask: Mask = { concerns: () => false, shown: version => version, whole: next => next }

/**
 * The narrative of a resource with hidden elements is hidden, too: it may tell them. All of such a type are marked as subsetted,
 * whether they have the elements or not. https://hl7.org/fhir/R4/search.html#summary
 */
export function maskOf({ limits }: Pick<Access, 'limits'>, types: readonly string[]): Mask {
  const trees = new Map(
    types.flatMap((type): [string, Tree][] => {
      const { hidden } = limits(type)
      return hidden.length === 0 ? [] : [[type, treeOf([...hidden, 'text'])]]
    }),
  )
  return trees.size === 0 ? noMask : maskBy(type => trees.get(type) ?? nothing)
}

const nothing: Tree = new Map()

function maskBy(treeFor: (type: string) => Tree): Mask {
  function masked(resource: Resource): Resource {
    const tree = treeFor(resource.resourceType)
    const inner = withInner(resource)
    const isPart = tree.size > 0
    if (!isPart && inner === resource) return resource
    const { text: _narrative, ...untold } = inner
    return marked(isPart ? (without(inner, tree) as Resource) : (untold as Resource))
  }

  /** What it contains, or carries as a Bundle, is no less hidden there; the same object where there is none. */
  function withInner(resource: Resource): Resource {
    const { contained, entry } = resource
    if (Array.isArray(contained)) {
      const inner = contained.map(maskedIn)
      if (inner.some((item, at) => item !== contained[at])) return { ...resource, contained: inner }
    }
    if (resource.resourceType !== 'Bundle' || !Array.isArray(entry)) return resource
    const entries = entry.map((item: Json): Json => {
      const own = isObject(item) ? item['resource'] : undefined
      const inner = own === undefined ? undefined : maskedIn(own)
      return isObject(item) && inner !== own ? { ...item, resource: inner } : item
    })
    return entries.some((item, at) => item !== entry[at]) ? { ...resource, entry: entries } : resource
  }

  function maskedIn(value: Json): Json {
    return isResource(value) ? masked(value) : value
  }

  const concerns: Mask['concerns'] = (type, json) =>
    treeFor(plainType(type)).size > 0 || type === 'Bundle' || json.includes('"contained"')

  return {
    concerns,
    shown(version) {
      const { json, type } = version
      if (json === undefined || !concerns(type, json)) return version
      const resource = parseJson(json, ownLimits) as Resource
      const part = masked(resource)
      return part === resource ? version : { ...version, json: printJson(part) }
    },
    whole(next, before) {
      const sent = masked(next) === next ? next : unmarked(next)
      return before === undefined ? sent : whole(sent, before)
    },
  }

  function whole(sent: Resource, before: Resource): Resource {
    const shown = masked(before)
    if (shown === before) return sent
    if (Array.isArray(before['entry']) && before.resourceType === 'Bundle') throw inPart(before)
    // A narrative that was not sent could not be seen; one that was sent is the newer.
    const tree = new Map([...treeFor(before.resourceType), ['text', nothing] as const])
    if (sent['text'] !== undefined) tree.delete('text')
    const own = restored(sent, before, tree) as Resource
    const inner = own['contained']
    return Array.isArray(inner) ? { ...own, contained: inner.map(item => wholeIn(item, before['contained'])) } : own
  }

  function wholeIn(item: Json, before: Json | undefined): Json {
    if (!isResource(item) || !Array.isArray(before)) return item
    const { resourceType, id } = item
    const was = before.find((one: Json) => isResource(one) && one.id === id && one.resourceType === resourceType)
    return isResource(was) ? whole(unmarked(item), was) : unmarked(item)
  }
}

function inPart({ resourceType, id }: Resource): Error {
  return fail('forbidden', `you see ${resourceType}/${id} in part, and so cannot write it as a whole`)
}
