/** What flows between the parts of a compiled expression. http://hl7.org/fhirpath/N1/#collections */
import { fail } from '../../issue.ts'
import type { Json, JsonObject } from '../../resource.ts'
import { type Type, Types } from './type.ts'

/** A value with its type. Dates are their text, quantities are objects as FHIR writes them. */
export class Item {
  readonly type: Type
  /** Absent for a primitive that has an id or extensions only. */
  readonly value: Json | undefined
  /** Id and extensions of a primitive: what stands under `_name`. */
  readonly companion: JsonObject | undefined

  constructor(type: Type, value: Json | undefined, companion?: JsonObject) {
    this.type = type
    this.value = value
    this.companion = companion
  }

  /** Where its members are. */
  get inside(): JsonObject | undefined {
    return this.type.primitive ? this.companion : (this.value as JsonObject | undefined)
  }
}

export type Items = readonly Item[]
export const none: Items = []

/** The focus where there is none: what `{}.iif(empty(), …)` looks at. Its type has no members. */
export const nothing = new Item(new Types({ resourceTypes: [], shape: () => undefined }).of('Nothing'), undefined)

/** What an expression may ask of its surroundings. Nothing of it is asked unless the expression does. */
export type Environment = {
  /** `%resource`: the resource that holds the focus. */
  readonly resource: Json
  /** `%rootResource`: the container of a contained resource; otherwise the same. For `resolve()`, also the Bundle. */
  readonly rootResource?: Json
  /** `%name`, by name. */
  readonly variables?: Readonly<Record<string, Json>>
  /** In ms since 1970, for `now()` and `today()`. */
  readonly now?: (() => number) | undefined
  /** What all expressions that are `metered` may spend together. */
  readonly allowance?: { left: number }
  /** `undefined`: cannot be said; the function then gives nothing. */
  readonly memberOf?: (coded: Json, valueSet: string) => boolean | undefined
  readonly conformsTo?: (value: Json, profile: string) => boolean | undefined
  /** What a reference leads to outside of the resource; what it contains is found without. */
  readonly resolve?: (reference: string) => Json | undefined
}

/** Characters of a text that an expression may make. */
const longest = 10_000_000

/** One evaluation. */
export class Run {
  readonly env: Environment
  readonly types: Types
  /** `%context`: what the evaluation started from. */
  readonly context: Item
  readonly #expression: string
  /** Steps that are left. */
  #left: number
  /** `$index` and `$total` of the innermost loop. */
  index = 0
  total: Items = none
  /** Something could not be decided: dates of different precision, units that do not compare, a text that is not there. */
  unclear = false
  #kept: Map<Code, Items> | undefined
  #resource: Item | undefined
  #root: Item | undefined

  constructor(env: Environment, types: Types, context: Item, expression: string, cost: number) {
    this.env = env
    this.types = types
    this.context = context
    this.#expression = expression
    this.#left = cost
  }

  /** Results of parts that do not depend on the focus. */
  get kept(): Map<Code, Items> {
    this.#kept ??= new Map()
    return this.#kept
  }

  get resource(): Item {
    this.#resource ??= this.itemOf(this.env.resource)
    return this.#resource
  }

  get rootResource(): Item {
    this.#root ??= this.itemOf(this.env.rootResource ?? this.env.resource)
    return this.#root
  }

  /** Steps. */
  get left(): number {
    return Math.max(0, this.#left)
  }

  /** A resource, or anything else that comes from outside, with the type that it shows. */
  itemOf(value: Json): Item {
    return new Item(this.types.shown(value), value)
  }

  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw fail('too-costly', `${this.named} was given up: its evaluation takes too many steps`)
  }

  /** Before a text is made. */
  spendText(length: number): void {
    this.spend(length > longest ? Number.POSITIVE_INFINITY : 1 + (length >> 6))
  }

  fault(reason: string): never {
    throw fail('processing', `${this.named} cannot be evaluated: ${reason}`)
  }

  get named(): string {
    const text = this.#expression
    return text.length <= 200 ? `'${text}'` : `'${text.slice(0, 200)}…'`
  }
}

/** A part of an expression. What is asked most has ways of its own, which make no lists. */
export type Code = {
  readonly items: (focus: Item, run: Run) => Items
  readonly count: (focus: Item, run: Run) => number
  readonly exists: (focus: Item, run: Run) => boolean
  /** As a condition; `undefined`: nothing. http://hl7.org/fhirpath/N1/#singleton-evaluation-of-collections */
  readonly truth: (focus: Item, run: Run) => boolean | undefined
  /** The number that it always is: a count, an integer. */
  readonly number?: (focus: Item, run: Run) => number
  /** The text that it is, if it is one and no list has to be made to say so; `undefined`: ask for its items. */
  readonly text?: (focus: Item, run: Run) => string | undefined
  /** Gives the same wherever the focus is: reads neither the focus nor `$index` nor `$total`. */
  readonly fixed: boolean
}

export function codeOf(items: Code['items'], fixed = false): Code {
  return {
    items,
    count: (focus, run) => items(focus, run).length,
    exists: (focus, run) => items(focus, run).length > 0,
    truth: (focus, run) => truthOf(items(focus, run), run),
    fixed,
  }
}

/** A part that gives a Boolean or nothing. */
export function condition(truth: Code['truth'], types: Types, fixed = false): Code {
  const yes = [new Item(types.system.Boolean, true)]
  const no = [new Item(types.system.Boolean, false)]
  return {
    items: (focus, run) => {
      const verdict = truth(focus, run)
      if (verdict === undefined) return none
      return verdict ? yes : no
    },
    count: (focus, run) => (truth(focus, run) === undefined ? 0 : 1),
    exists: (focus, run) => truth(focus, run) !== undefined,
    truth,
    fixed,
  }
}

/** A single value counts as true wherever a Boolean is expected, unless it is one. */
export function truthOf(items: Items, run: Run): boolean | undefined {
  const only = single(items, run)
  if (only === undefined) return undefined
  return only.type.kind === 'boolean' ? (only.value as boolean | undefined) : true
}

export function single(items: Items, run: Run): Item | undefined {
  if (items.length > 1) run.fault(`one value is expected, there are ${items.length}`)
  return items[0]
}
