/** What was given to an operation, by parameter. Types and cardinalities are those of the definition. */
import type { OperationParameter } from '../../conformance/artifact.ts'
import { error, type Issue } from '../../fhir/issue.ts'
import { isObject, isResource, type Json, type JsonObject, type Resource } from '../../fhir/resource.ts'

export type Argument = {
  readonly name: string
  /** Absent where the parameter has parts instead. */
  readonly value?: Json
  readonly parts?: readonly Argument[]
  /** `Parameters.parameter[2]`, `http.name` of what the URL says; absent for a body that is the value itself. */
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
  return new Given(given, expected)
}

/** There are few of them in most requests, so each is looked for among all. */
class Given implements Input {
  readonly #given: readonly Argument[]
  readonly #expected: Expected

  constructor(given: readonly Argument[], expected: Expected) {
    this.#given = given
    this.#expected = expected
  }

  all(name: string): readonly Argument[] {
    return this.one(name) === undefined ? none : this.#given.filter(argument => argument.name === name)
  }

  one(name: string): Argument | undefined {
    if (!this.#expected.has(name)) throw new Error(`the operation has no parameter '${name}'`)
    for (const argument of this.#given) if (argument.name === name) return argument
    return undefined
  }

  texts(name: string): readonly string[] {
    if (this.one(name) === undefined) return noTexts
    return this.all(name).flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
  }

  text(name: string): string | undefined {
    const value = this.one(name)?.value
    return typeof value === 'string' ? value : undefined
  }

  flag(name: string): boolean | undefined {
    const value = this.one(name)?.value
    return typeof value === 'boolean' ? value : undefined
  }

  object(name: string): JsonObject | undefined {
    const value = this.one(name)?.value
    return isObject(value) ? value : undefined
  }

  resource(name: string): Resource | undefined {
    const value = this.one(name)?.value
    return isResource(value) ? value : undefined
  }
}

const none: readonly Argument[] = []
const noTexts: readonly string[] = []

/** `at`: the parameter that they are parts of. */
export function countFaults(given: readonly Argument[], expected: Expected, at?: string): readonly Issue[] {
  const issues: Issue[] = []
  for (const parameter of expected.values()) {
    let count = 0
    for (const { name } of given) if (name === parameter.name) count++
    if (count < parameter.min || (count > 0 && count > mostOf(parameter))) {
      issues.push(faultOf(parameter, given, count, at))
    }
  }
  return issues
}

function mostOf({ max }: OperationParameter): number {
  return max === '*' ? Number.POSITIVE_INFINITY : Number(max)
}

function faultOf(
  { name, min, max }: OperationParameter,
  given: readonly Argument[],
  count: number,
  at: string | undefined,
): Issue {
  if (count < min) return error('required', `the parameter '${name}' is missing: expected at least ${min}`, at)
  const surplus = given.filter(argument => argument.name === name)[Number(max)]
  return error('invalid', `the parameter '${name}' was given ${count} times, expected at most ${max}`, surplus?.at)
}
