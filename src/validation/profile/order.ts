/** Findings in the order in which the resource has what they are about. */
import type { Issue } from '../../fhir/issue.ts'
import { isObject, type Json } from '../../fhir/resource.ts'

/** `at` is the expression of the resource. What is said of one element keeps its order. */
export function inOrder(issues: readonly Issue[], resource: Json, at: string): readonly Issue[] {
  if (issues.length < 2) return issues
  const placed = issues.map(issue => ({ issue, place: placeOf(issue.expression?.slice(at.length) ?? '', resource) }))
  return placed.sort((a, b) => compare(a.place, b.place)).map(({ issue }) => issue)
}

/** Of a resource that is checked by several definitions, which may say the same. */
export function withoutRepeats(issues: readonly Issue[]): readonly Issue[] {
  if (issues.length < 2) return issues
  const seen = new Set<string>()
  return issues.filter(({ severity, expression, key, diagnostics }) => {
    const text = JSON.stringify([severity, expression, key, diagnostics])
    return !seen.has(text) && seen.add(text)
  })
}

/** For `.name[0].given` the number of each property within its object, and the indices. */
function placeOf(steps: string, resource: Json): readonly number[] {
  let value: Json | undefined = resource
  return [...steps.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) => {
    if (name === undefined) {
      value = Array.isArray(value) ? value[Number(index)] : undefined
      return Number(index)
    }
    const owner: Json | undefined = value
    const names: readonly string[] = isObject(owner) ? Object.keys(owner) : []
    const at = names.findIndex(property => isNamed(property, name))
    value = isObject(owner) ? owner[names[at] ?? ''] : undefined
    return at === -1 ? names.length : at
  })
}

function isNamed(property: string, name: string): boolean {
  const bare = property.startsWith('_') ? property.slice(1) : property
  return bare === name || (bare.startsWith(name) && /^[A-Z]/.test(bare.slice(name.length)))
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((place, index) => place !== b[index])
  return at === -1 ? a.length - b.length : (a[at] ?? 0) - (b[at] ?? -1)
}
