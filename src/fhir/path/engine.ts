/** The part of the `fhirpath` package that Kiln uses, loaded at first use: it costs 100 ms that a cold start need not pay. */
import { createRequire } from 'node:module'

/** A value in its place. https://github.com/HL7/fhirpath.js: `ResourceNode` */
export type Node = {
  readonly parentResNode: Node | null
  /** Property under the parent, without type suffix where it was reached by the name of the choice. */
  readonly propName: string | null
  /** Place in the list, if the property is one. */
  readonly index: number | null | undefined
  readonly data: unknown
}

type Context = { readonly dataRoot: readonly unknown[]; readonly model: unknown }

export type Options = {
  /** Called after each step with what it gives. */
  readonly debugger: (context: unknown, focus: unknown, result: unknown) => void
}

export type Run = (data: unknown, variables: Readonly<Record<string, unknown>>, options: Options) => unknown

type Package = {
  compile(expression: string, model: unknown, options: object): Run
  resolveInternalTypes(value: unknown): unknown
  readonly util: {
    makeChildResNodes(context: Context, parent: unknown, property: string, model: unknown): readonly Node[]
  }
  readonly FP_Decimal: { getDecimal(text: string): PathDecimal } & (abstract new () => PathDecimal)
}

export interface PathDecimal {
  toString(): string
}

export type Engine = {
  compile(expression: string): Run
  /** Values of the engine's own types (dates, quantities) as JSON. */
  plain(value: unknown): unknown
  isNode(value: unknown): value is Node
  decimal(text: string): PathDecimal
  isDecimal(value: unknown): boolean
}

let loaded: Engine | undefined

export function engine(): Engine {
  loaded ??= load()
  return loaded
}

function load(): Engine {
  // `require` and not `import()`: evaluation stays synchronous for its callers.
  const require = createRequire(import.meta.url)
  const { compile, resolveInternalTypes, util, FP_Decimal } = require('fhirpath') as Package
  const model: unknown = require('fhirpath/fhir-context/r4')
  const isNode = (value: unknown): value is Node =>
    typeof value === 'object' && value !== null && 'parentResNode' in value

  /**
   * Only what the resource contains is within reach: evaluation reads nothing else, and a patch must change nothing else.
   * https://hl7.org/fhir/R4/fhirpatch.html
   */
  function resolve(this: Context, input: readonly unknown[]): readonly Node[] {
    const contained = util.makeChildResNodes(this, this.dataRoot[0], 'contained', this.model)
    return input.flatMap(item => {
      const value = isNode(item) ? item.data : item
      const reference = typeof value === 'string' ? value : (value as { readonly reference?: unknown })?.reference
      return contained.filter(({ data }) => reference === `#${(data as { readonly id?: string }).id}`)
    })
  }

  const options = {
    resolveInternalTypes: false,
    // `trace()` prints to the console unless it is told where to: resource content has no place in logs.
    traceFn: () => {},
    userInvocationTable: { resolve: { fn: resolve, internalStructures: true } },
  }
  compile("id.where($this = 'x').first()", model, options) // its first parse fills tables, 25 ms that are no expression's own
  return {
    compile: expression => compile(expression, model, options),
    plain: resolveInternalTypes,
    isNode,
    decimal: text => FP_Decimal.getDecimal(text),
    isDecimal: value => value instanceof FP_Decimal,
  }
}
