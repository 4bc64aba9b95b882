/** Units of measure: terminal units, prefixes, products, powers. https://hl7.org/fhir/R4/ucum.html */
import { createRequire } from 'node:module'
import type { CodeSystem } from '../../code-system.ts'
import { grammarSystem } from './grammar-system.ts'

type Parsed = {
  readonly status: 'valid' | 'invalid' | 'error'
  readonly unit: { readonly name: string | number } | null
}
type Units = {
  validateUnitString(unit: string, suggest: boolean): Parsed
  convertUnitTo(from: string, value: number, to: string): { readonly toVal: number | null }
  readonly uStrParser_: { parseString(unit: string, mode: 'validate'): unknown }
}

/** UCUM is printable ASCII without blanks; the longest units in use have some thirty characters. */
const form = /^[!-~]{1,100}$/
/** Units checked lately, the oldest goes first: a few hundred are in use, but clients may send any. */
const kept = 1_000

export function ucum(): CodeSystem {
  const known = new Map<string, ReturnType<typeof check>>()
  let loaded: Units | undefined
  return grammarSystem(
    {
      url: 'http://unitsofmeasure.org',
      name: 'UCUM',
      title: 'Unified Code for Units of Measure',
      caseSensitive: true,
      valueSet: 'http://unitsofmeasure.org/vs',
    },
    {
      check(code) {
        const answered = known.get(code)
        if (answered !== undefined) return answered
        loaded ??= load()
        const answer = check(loaded, code)
        if (known.size >= kept) for (const oldest of known.keys().take(1)) known.delete(oldest)
        known.set(code, answer)
        return answer
      },
      relation(a, b) {
        loaded ??= load()
        return isSame(loaded, a, b) ? 'equivalent' : 'not-subsumed'
      },
    },
  )
}

function check(units: Units, code: string): ReturnType<NonNullable<CodeSystem['grammar']>['check']> {
  const wrong = { valid: false, why: `'${code}' is not a unit in the grammar of UCUM` } as const
  if (!form.test(code)) return wrong
  try {
    // It prints to the console what its parser throws, so the parser is asked first.
    units.uStrParser_.parseString(code, 'validate')
    const { status, unit } = units.validateUnitString(code, false)
    return status === 'valid' && unit !== null ? { valid: true, display: String(unit.name || code) } : wrong
  } catch {
    return wrong
  }
}

/** The same size of the same dimension, however it is written; units have no hierarchy. What only rounding tells apart is the same. */
function isSame(units: Units, a: string, b: string): boolean {
  const [two, five] = [2, 5].map(value => units.convertUnitTo(a, value, b).toVal)
  const near = (found: number | null | undefined, value: number) => found != null && Math.abs(found / value - 1) < 1e-12
  return near(two, 2) && near(five, 5)
}

/** At first use: its tables take 20 ms, which a start need not pay. */
function load(): Units {
  const required: { readonly UcumLhcUtils: { getInstance(): Units } } = createRequire(import.meta.url)(
    '@lhncbc/ucum-lhc',
  )
  return required.UcumLhcUtils.getInstance()
}
