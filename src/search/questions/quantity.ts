/** https://hl7.org/fhir/R4/search.html#quantity */
import { type Interval, interval } from '../values/number.ts'
import { canonicalOf, ucum } from '../values/quantity.ts'
import { conversionOf } from '../values/ucum.ts'
import { splitUnescaped, unescaped } from './escape.ts'
import { type Kind, malformed, noModifiers, type Subject } from './kind.ts'
import { compared, widened } from './number.ts'
import { type Prefix, splitPrefix } from './prefix.ts'

export const quantity: Kind = {
  slots: slot => [slot],
  part(text, on) {
    const { prefix, amount, system, code } = parse(text, on)
    const { slot } = on
    if (code === undefined) return compared(prefix, amount, { slot })
    if (system === '') return compared(prefix, amount, { slot, unit: code })
    const canonical = system === ucum ? canonicalOf(amount, code) : undefined
    if (canonical === undefined) return compared(prefix, amount, { slot: `${slot}|`, unit: `${system}|${code}` })
    const { unit, ...converted } = canonical
    return compared(conversionOf(code)?.reversed ? reversed[prefix] : prefix, converted, { slot: `${slot}~`, unit })
  },
  modifiers: noModifiers,
}

/** Of scales that run backwards. */
const reversed: Readonly<Record<Prefix, Prefix>> = {
  ...{ eq: 'eq', ne: 'ne', ap: 'ap', gt: 'lt', lt: 'gt', ge: 'le', le: 'ge', sa: 'eb', eb: 'sa' },
}

type Asked = {
  readonly prefix: Prefix
  readonly amount: Interval
  /** Empty: whatever the system is. */
  readonly system?: string
  /** A code, or without system also a unit. */
  readonly code?: string
}

function parse(text: string, on: Subject): Asked {
  const [number = '', system, code, ...more] = splitUnescaped(text, '|').map(unescaped)
  const { prefix, rest } = splitPrefix(number)
  const amount = interval(rest)
  const isWhole = system === undefined || (code !== undefined && code !== '' && more.length === 0)
  if (amount === undefined || !isWhole) {
    throw malformed(
      on,
      text,
      'number, number|system|code or number||unit, such as 5.4, ge5.4|http://unitsofmeasure.org|mg or 5.4||mg',
    )
  }
  const given = { prefix, amount: prefix === 'ap' ? widened(amount) : amount }
  return system === undefined || code === undefined ? given : { ...given, system, code }
}
