/** How a function of FHIRPath is made. http://hl7.org/fhirpath/N1/#functions */
import type { Json } from '../../../resource.ts'
import { type Code, codeOf, condition, Item, type Items, none, type Run, single } from '../item.ts'
import type { SystemName, Types } from '../type.ts'

/** What the function is called on, and its arguments; where they are evaluated is the function's to say. */
export type Call = { readonly of: Code; readonly args: readonly Code[]; readonly types: Types }

export type Builtin = {
  /** How many arguments there may be. */
  readonly arity: readonly [least: number, most: number]
  readonly build: (call: Call) => Code
}

export type Builtins = Readonly<Record<string, Builtin>>

/** Items in, items out; arguments are evaluated where the call stands. */
export function onItems(arity: number, apply: (items: Items, run: Run, args: readonly Items[]) => Items): Builtin {
  return {
    arity: [arity, arity],
    build: ({ of, args }) =>
      codeOf(
        (focus, run) => {
          const result = apply(
            of.items(focus, run),
            run,
            args.map(arg => arg.items(focus, run)),
          )
          run.spend(result.length + 1)
          return result
        },
        of.fixed && args.every(({ fixed }) => fixed),
      ),
  }
}

/** Items in, a verdict out. */
export function verdictOf(
  arity: number,
  apply: (items: Items, run: Run, args: readonly Items[]) => boolean | undefined,
): Builtin {
  return {
    arity: [arity, arity],
    build: ({ of, args, types }) =>
      condition(
        (focus, run) =>
          apply(
            of.items(focus, run),
            run,
            args.map(arg => arg.items(focus, run)),
          ),
        types,
        of.fixed && args.every(({ fixed }) => fixed),
      ),
  }
}

/** One item in; nothing in, nothing out. */
export function onSingle(
  arity: readonly [number, number],
  apply: (item: Item, run: Run, args: readonly Items[]) => Items | Item | undefined,
): Builtin {
  return {
    arity,
    build: ({ of, args }) =>
      codeOf(
        (focus, run) => {
          const item = single(of.items(focus, run), run)
          if (item === undefined) return none
          run.spend(1)
          const result = apply(
            item,
            run,
            args.map(arg => arg.items(focus, run)),
          )
          if (result === undefined) return none
          return result instanceof Item ? [result] : result
        },
        of.fixed && args.every(({ fixed }) => fixed),
      ),
  }
}

export function made(run: Run, type: SystemName, value: Json): Item {
  return new Item(run.types.system[type], value)
}

/** The text of the only item; of dates and the like too, since FHIR has them as strings. */
export function textOf(items: Items, run: Run): string | undefined {
  const item = single(items, run)
  if (item?.value === undefined) return undefined
  if (typeof item.value === 'string') return item.value
  return run.fault(`a String is expected, received ${item.type.name}`)
}

export function integerOf(items: Items, run: Run): number | undefined {
  const item = single(items, run)
  if (item?.value === undefined) return undefined
  if (typeof item.value === 'number' && Number.isInteger(item.value)) return item.value
  return run.fault(`an Integer is expected, received ${item.type.name}`)
}
