/** Units of measure: terminal units, prefixes, products, powers. https://hl7.org/fhir/R4/ucum.html */
import { createRequire } from 'node:module'
import type { CodeSystem, Grammar, GrammarFilter } from '../../code-system.ts'
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

/** What base units measure. https://ucum.org/ucum#para-28 */
const baseUnits: ReadonlyMap<string, string> = new Map([
  ['length', 'm'],
  ['time', 's'],
  ['mass', 'g'],
  ['plane angle', 'rad'],
  ['temperature', 'K'],
  ['electric charge', 'C'],
  ['luminous intensity', 'cd'],
])

type Answer = ReturnType<Grammar['check']>

export function ucum(): CodeSystem {
  const known = new Map<string, Answer>()
  let loaded: Units | undefined
  const units = (): Units => {
    loaded ??= load()
    return loaded
  }
  const checked = (code: string): Answer => {
    const answered = known.get(code)
    if (answered !== undefined) return answered
    const answer = check(units(), code)
    if (known.size >= kept) for (const oldest of known.keys().take(1)) known.delete(oldest)
    known.set(code, answer)
    return answer
  }
  return grammarSystem(
    {
      url: 'http://unitsofmeasure.org',
      name: 'UCUM',
      title: 'Unified Code for Units of Measure',
      caseSensitive: true,
      valueSet: 'http://unitsofmeasure.org/vs',
      filter: [
        { code: 'canonical', operator: ['=', 'in'], value: 'a unit that all are comparable to' },
        {
          code: 'comparable',
          operator: ['=', 'in'],
          value: 'the same, as the template of the implicit value sets says',
        },
        { code: 'property', operator: ['='], value: [...baseUnits.keys()].join(', ') },
      ],
    },
    {
      check: checked,
      filter(filter) {
        const named = unitsNamed(filter)
        if (named === undefined || !named.every(unit => checked(unit).valid)) return undefined
        return code => named.some(unit => isComparable(units(), code, unit))
      },
      relation: (a, b) => (isSame(units(), a, b) ? 'equivalent' : 'not-subsumed'),
    },
  )
}

/** "There is no defined display; the UCUM code is used directly for the display." */
function check(units: Units, code: string): Answer {
  const wrong = { valid: false, why: `'${code}' is not a unit in the grammar of UCUM` } as const
  if (!form.test(code)) return wrong
  try {
    // It prints to the console what its parser throws, so the parser is asked first.
    units.uStrParser_.parseString(code, 'validate')
    const { status, unit } = units.validateUnitString(code, false)
    if (status !== 'valid' || unit === null) return wrong
    const name = String(unit.name || code)
    return { valid: true, display: code, ...(name === code ? {} : { name }) }
  } catch {
    return wrong
  }
}

/** The units of which one must be comparable; `undefined`: nothing that can be asked for. https://hl7.org/fhir/R4/ucum.html#filters */
function unitsNamed({ property, op, value }: GrammarFilter): readonly string[] | undefined {
  if (op === 'in' && property !== 'property') return value.split(',').map(unit => unit.trim())
  const unit = property === 'property' ? baseUnits.get(value) : value
  return op !== '=' || unit === undefined ? undefined : [unit]
}

/** Of the same dimension. Arbitrary units, such as [iU], are comparable to themselves alone. */
function isComparable(units: Units, a: string, b: string): boolean {
  return a === b || units.convertUnitTo(a, 1, b).toVal !== null
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
