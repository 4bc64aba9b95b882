/** Constraints by the reference engine, which evaluates whole resources: the focus is found in them again. */
import { compile } from '../../../src/fhir/path/compile.ts'
import { evaluate, ofDefinitions } from '../../../src/fhir/path/evaluate.ts'
import { isObject, type Json } from '../../../src/fhir/resource.ts'
import type { CompileInvariant } from '../../../src/validation/invariant.ts'

export const compileWithEngine: CompileInvariant = expression => {
  compile(expression)
  return (focus, resource, root) => {
    const path = pathTo(focus, resource, resource.resourceType)
    const within = path ?? pathTo(focus, root, root.resourceType)
    if (within === undefined) throw new Error(`the focus of ${expression} is not in the resource`)
    const on = path === undefined ? root : resource
    const result = evaluate(`${within}.select(${expression})`, on, ofDefinitions, { resource, rootResource: root })
    return result[0] !== false // nothing is not false: many constraints say nothing of what is not there
  }
}

/** `Patient.name[0]`, by identity: the first of equal primitives, for which it makes no difference. */
function pathTo(focus: Json, within: Json, at: string): string | undefined {
  if (within === focus) return at
  if (Array.isArray(within))
    return firstOf(
      within.map((item, index) => [item, `${at}[${index}]`] as const),
      focus,
    )
  if (!isObject(within)) return undefined
  return firstOf(
    Object.entries(within).map(([name, member]) => [member ?? null, `${at}.${stepOf(name)}`] as const),
    focus,
  )
}

function firstOf(places: readonly (readonly [Json, string])[], focus: Json): string | undefined {
  for (const [value, at] of places) {
    const path = pathTo(focus, value, at)
    if (path !== undefined) return path
  }
  return undefined
}

/** FHIRPath calls `valueQuantity` by the name of the choice. */
function stepOf(name: string): string {
  const choice = /^(value|onset|effective|deceased|multipleBirth|medication|occurrence|performed)[A-Z]/.exec(name)
  return choice?.[1] ?? `\`${name}\``
}
