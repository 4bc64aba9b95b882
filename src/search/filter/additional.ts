/**
 * Names that only a `_filter` has, of elements whose parts are to be found together: `relatesTo[code eq replaces].target`.
 * https://hl7.org/fhir/R4/search_filter.html#params
 *
 * They are asked as the composite parameters that R4 has of the same parts. Observation's `related` and ServiceRequest's
 * `event`, `item` and `item-event` name parameters that R4 does not have any more.
 */
import { find, type Known, type Refusal } from '../parse/known.ts'
import type { Ask } from '../query.ts'
import type { Filter, Path } from './grammar.ts'

type Test = Extract<Filter, { readonly is: 'test' }>

type Additional = {
  readonly composite: string
  /** In the order of its components. */
  readonly parts: readonly [string, string]
}

const additional: Readonly<Record<string, Additional>> = {
  'Group.characteristic': { composite: 'characteristic-value', parts: ['code', 'value'] },
  'DocumentReference.relatesTo': { composite: 'relationship', parts: ['target', 'code'] },
}

/** Undefined for all other names. */
export function partOf(type: string, { name, only }: Path, test: Test, known: Known): Ask | Refusal | undefined {
  const of = additional[`${type}.${name}`]
  if (of === undefined || only === undefined) return undefined
  const parameter = find(type, of.composite, known)
  if (typeof parameter === 'function') return parameter
  const values = [given(only.filter), given({ ...test, path: only.rest })]
  const [first, second] = of.parts.map(part => values.find(value => value?.name === part))
  if (first === undefined || second === undefined) {
    const [one, other] = of.parts
    return () =>
      `${name}[…]: expected both of ${one} and ${other}, each eq or re a value, as in ${name}[${one} eq a].${other} eq b`
  }
  const value = `${first.value}$${second.value}`
  return { by: 'test', parameter, test: { text: `${name}[…]`, op: 'eq', value } }
}

function given(filter: Filter): { readonly name: string; readonly value: string } | undefined {
  if (filter.is !== 'test' || filter.path.only !== undefined) return undefined
  if (filter.op !== 'eq' && filter.op !== 're') return undefined
  return { name: filter.path.name, value: filter.value.replaceAll(/[\\$]/g, '\\$&') }
}
