/** https://hl7.org/fhir/R4/search.html#revinclude */
import type { SearchParameter } from '../parameters.ts'
import type { Include } from '../query.ts'
import { find, type Known, mistake, shown, unknownType } from './known.ts'
import { UnfitModifier } from './mistakes.ts'
import { referencesOf, targetsOf } from './resolve.ts'

const form = /^(_include|_revinclude)(?::(.*))?$/s

export function isInclude(name: string): boolean {
  return form.test(name)
}

export function parseInclude(name: string, value: string, known: Known): Include {
  const [, direction, modifier] = form.exec(name) ?? []
  if (modifier !== undefined && modifier !== 'iterate')
    throw new UnfitModifier(`${shown(name)}: expected ${direction} or ${direction}:iterate`)
  const how = { text: value, reverse: direction === '_revinclude', iterate: modifier !== undefined }
  if (value === '*') return how
  const at = `${name}=${shown(value)}`
  const [source = '', code, target, ...more] = value.split(':')
  if (code === undefined || more.length > 0)
    throw mistake(
      'value',
      `${at}: expected [type]:[reference parameter], [type]:[reference parameter]:[target type], [type]:* or *`,
    )
  const unknown = unknownType(source, known) ?? (target === undefined ? undefined : unknownType(target, known))
  if (unknown !== undefined) throw mistake('not-supported', `${at}: ${unknown}`)
  const led = target === undefined ? {} : { target }
  if (code === '*') return { ...how, source, ...led }
  return { ...how, source, parameter: reference(source, code, target, { at, known }), ...led }
}

function reference(
  type: string,
  code: string,
  target: string | undefined,
  { at, known }: { readonly at: string; readonly known: Known },
): SearchParameter {
  const parameter = find(type, code, known)
  if (typeof parameter === 'function') throw mistake('not-supported', `${at}: ${parameter()}`)
  if (parameter.type !== 'reference')
    throw mistake(
      'not-supported',
      `${at}: '${code}' of ${type} is a ${parameter.type}: expected a reference: ${referencesOf(type, known)}`,
    )
  const targets = targetsOf(parameter, type, target, known)
  if (typeof targets === 'function') throw mistake('not-supported', `${at}: ${targets()}`)
  return parameter
}
