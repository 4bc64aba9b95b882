/** What was given to an operation, by parameter. Types and cardinalities are those of the definition. */
import type { OperationParameter } from '../../conformance/artifact.ts'
import { error, type Issue } from '../../fhir/issue.ts'
import { isObject, isResource, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'

export type Argument = {
  readonly name: string
  /** Absent where the parameter has parts instead. */
  readonly value?: Json
  readonly parts?: readonly Argument[]
  /** `Parameters.parameter[2]`; absent for what the URL says, or a body that is the value itself. */
  readonly at?: string
}

/** Asking for a parameter that is not defined is a mistake of ours, and throws. */
export interface Input {
  all(name: string): readonly Argument[]
  one(name: string): Argument | undefined
  /** Of strings, codes, URIs, dates …; of any other type: none. */
  texts(name: string): readonly string[]
  text(name: string): string | undefined
  flag(name: string): boolean | undefined
  object(name: string): JsonObject | undefined
  resource(name: string): Resource | undefined
}

export type Expected = ReadonlyMap<string, OperationParameter>

export function inputOf(given: readonly Argument[], expected: Expected): Input {
  const byName = Map.groupBy(given, ({ name }) => name)
  function all(name: string): readonly Argument[] {
    if (!expected.has(name)) throw new Error(`the operation has no parameter '${name}'`)
    return byName.get(name) ?? []
  }
  function first<T extends Json>(name: string, is: (value: Json | undefined) => value is T): T | undefined {
    const [argument] = all(name)
    return is(argument?.value) ? argument.value : undefined
  }
  return {
    all,
    one: name => all(name)[0],
    texts: name => all(name).flatMap(({ value }) => (typeof value === 'string' ? [value] : [])),
    text: name => first(name, value => typeof value === 'string'),
    flag: name => first(name, value => typeof value === 'boolean'),
    object: name => first(name, isObject),
    resource: name => first(name, isResource),
  }
}

/** `at`: the parameter that they are parts of. */
export function countFaults(given: readonly Argument[], expected: Expected, at?: string): readonly Issue[] {
  const byName = Map.groupBy(given, ({ name }) => name)
  return [...expected.values()].flatMap(({ name, min, max }) => {
    const found = byName.get(name) ?? []
    const surplus = max === '*' ? undefined : found[Number(max)]
    if (surplus) {
      const often = `${found.length} times`
      return [error('invalid', `the parameter '${name}' was given ${often}, expected at most ${max}`, surplus.at)]
    }
    if (found.length >= min) return []
    return [error('required', `the parameter '${name}' is missing: expected at least ${min}`, at)]
  })
}
