/** http://hl7.org/fhirpath/N1/#operations */
import { isObject } from '../../resource.ts'
import { amountOf, compareDated, equalItems, equalLists, equivalentLists, isDated, type Seen } from './equality.ts'
import { union } from './functions/combining.ts'
import { seen } from './functions/existence.ts'
import { made, textOf } from './functions/function.ts'
import { type Code, codeOf, condition, type Item, type Items, none, type Run, single } from './item.ts'
import { momentOf, moved, movedTime, printMoment, printTime, timeOf } from './moment.ts'
import { type Arithmetic, calculate, compareNumbers, type Numeric, negated } from './number.ts'
import { compareQuantities, isNumeric, timeUnitOf } from './quantity.ts'
import type { Binary } from './syntax.ts'
import type { Types } from './type.ts'

type Truth = Code['truth']
type Of = (left: Code, right: Code) => Truth

/** Three-valued, as far to the right as needed. http://hl7.org/fhirpath/N1/#boolean-logic */
const logic: Readonly<Partial<Record<Binary, Of>>> = {
  and: (left, right) => (focus, run) => {
    const a = left.truth(focus, run)
    if (a === false) return false
    const b = right.truth(focus, run)
    if (b === false) return false
    return a === undefined || b === undefined ? undefined : true
  },
  or: (left, right) => (focus, run) => {
    const a = left.truth(focus, run)
    if (a === true) return true
    const b = right.truth(focus, run)
    if (b === true) return true
    return a === undefined || b === undefined ? undefined : false
  },
  xor: (left, right) => (focus, run) => {
    const a = left.truth(focus, run)
    const b = right.truth(focus, run)
    return a === undefined || b === undefined ? undefined : a !== b
  },
  implies: (left, right) => (focus, run) => {
    const a = left.truth(focus, run)
    if (a === false) return true
    const b = right.truth(focus, run)
    if (b === true) return true
    return a === undefined || b === undefined ? undefined : false
  },
}

function onLists(judge: (a: Items, b: Items, run: Run) => boolean | undefined): Of {
  return (left, right) => (focus, run) => judge(left.items(focus, run), right.items(focus, run), run)
}

/** `system = 'http://…'` is asked of every coding. */
const same: Of = (left, right) => {
  const general = onLists(equalLists)(left, right)
  const { text: first } = left
  const { text: second } = right
  if (first === undefined || second === undefined) return general
  return (focus, run) => {
    const a = first(focus, run)
    const b = a === undefined ? undefined : second(focus, run)
    return b === undefined ? general(focus, run) : a === b
  }
}

function negation(verdict: boolean | undefined): boolean | undefined {
  return verdict === undefined ? undefined : !verdict
}

/** http://hl7.org/fhirpath/N1/#comparison */
function ordered(fits: (order: number) => boolean): Of {
  const general = onLists((a, b, run) => {
    const left = single(a, run)
    const right = single(b, run)
    if (left?.value === undefined || right?.value === undefined) return undefined
    const order = compare(left, right, run)
    if (order === undefined) run.unclear = true
    return order === undefined ? undefined : fits(order)
  })
  return (left, right) => {
    const { number: first } = left
    const { number: second } = right
    if (first === undefined || second === undefined) return general(left, right)
    return (focus, run) => fits(first(focus, run) - second(focus, run))
  }
}

function compare(a: Item, b: Item, run: Run): number | undefined {
  const [left, right] = [a.value, b.value]
  if (isNumeric(left) && isNumeric(right)) return compareNumbers(left, right)
  if (isDated(a) && isDated(b)) return compareDated(a, b)
  if (a.type.kind === 'quantity' || b.type.kind === 'quantity')
    return compareQuantities(amountOf(left), amountOf(right))
  if (typeof left !== 'string' || typeof right !== 'string') {
    return run.fault(`${a.type.name} and ${b.type.name} have no order`)
  }
  if (left === right) return 0
  return left < right ? -1 : 1
}

/** Lists that were searched before. A loop asks the same one again and again (dom-3: is each contained resource referred to?). */
const searched = new WeakMap<Items, Seen | 'once'>()
const worthwhile = 16

function contains(list: Items, sought: Items, run: Run): boolean | undefined {
  const item = single(sought, run)
  if (item === undefined) return undefined
  const before = list.length < worthwhile ? undefined : searched.get(list)
  if (before === undefined) {
    if (list.length >= worthwhile) searched.set(list, 'once')
    run.spend(list.length)
    return list.some(other => equalItems(other, item) === true)
  }
  const known = before === 'once' ? seen(list, run) : before
  searched.set(list, known)
  return known.has(item)
}

const comparisons: Readonly<Partial<Record<Binary, Of>>> = {
  '=': same,
  '!=': onLists((a, b, run) => negation(equalLists(a, b, run))),
  '~': onLists(equivalentLists),
  '!~': onLists((a, b, run) => !equivalentLists(a, b, run)),
  '<': ordered(order => order < 0),
  '<=': ordered(order => order <= 0),
  '>': ordered(order => order > 0),
  '>=': ordered(order => order >= 0),
  in: onLists((item, list, run) => contains(list, item, run)),
  contains: onLists(contains),
}

export function operation(sign: Binary, left: Code, right: Code, types: Types): Code {
  const fixed = left.fixed && right.fixed
  const judge = logic[sign] ?? comparisons[sign]
  if (judge !== undefined) return condition(judge(left, right), types, fixed)
  const compute = computations[sign] ?? arithmetic(sign as Arithmetic)
  return codeOf((focus, run) => compute(left.items(focus, run), right.items(focus, run), run), fixed)
}

type Compute = (a: Items, b: Items, run: Run) => Items

const computations: Readonly<Partial<Record<Binary, Compute>>> = {
  '|': union,
  '&': (a, b, run) => joined(textOf(a, run) ?? '', textOf(b, run) ?? '', run),
  '+': (a, b, run) => {
    const [left, right] = [a[0], b[0]]
    const texts = left?.type.kind === 'text' && right?.type.kind === 'text'
    if (!texts) return plus(a, b, run)
    const [first, second] = [textOf(a, run), textOf(b, run)]
    return first === undefined || second === undefined ? none : joined(first, second, run)
  },
}

function joined(a: string, b: string, run: Run): Items {
  run.spendText(a.length + b.length)
  return [made(run, 'String', a + b)]
}

/** http://hl7.org/fhirpath/N1/#math-1 */
function arithmetic(sign: Arithmetic): Compute {
  return (a, b, run) => {
    const left = single(a, run)
    const right = single(b, run)
    run.spend(1)
    if (left?.value === undefined || right?.value === undefined) return none
    if (isNumeric(left.value) && isNumeric(right.value)) return numbers(sign, left, right, run)
    const result =
      (sign === '+' || sign === '-') && isDated(left) ? shifted(sign, left, right, run) : scaled(sign, left, right, run)
    return result ?? run.fault(`'${sign}' is not for ${left.type.name} and ${right.type.name}`)
  }
}

const plus = arithmetic('+')

function numbers(sign: Arithmetic, a: Item, b: Item, run: Run): Items {
  const value = calculate(sign, a.value as Numeric, b.value as Numeric)
  if (value === undefined) return none
  run.spend(String(value).length >> 6)
  const whole = sign === 'div' || (sign !== '/' && a.type.kind === 'integer' && b.type.kind === 'integer')
  return [made(run, whole ? 'Integer' : 'Decimal', value)]
}

/** A date and so many days, months … */
function shifted(sign: '+' | '-', at: Item, { value: by }: Item, run: Run): Items | undefined {
  const unit = isObject(by) ? timeUnitOf(by) : undefined
  if (!isObject(by) || unit === undefined || !isNumeric(by['value'])) return undefined
  const amount = Number(by['value']) * (sign === '-' ? -1 : 1)
  const written = String(at.value)
  const fraction = written.includes('.') || unit === 'millisecond' || unit === 'ms'
  const type = ({ date: 'Date', dateTime: 'DateTime', time: 'Time' } as const)[
    at.type.kind as 'date' | 'dateTime' | 'time'
  ]
  if (type === 'Time') {
    const time = timeOf(written)
    const result = time && movedTime(time, amount, unit)
    return result ? [made(run, type, printTime(result, fraction))] : none
  }
  const moment = momentOf(written)
  const result = moment && moved(moment, amount, unit)
  return result ? [made(run, type, printMoment(result, fraction))] : none
}

/** Quantities of the same unit are added; multiplied and divided they are by numbers. */
function scaled(sign: Arithmetic, a: Item, b: Item, run: Run): Items | undefined {
  const [left, right] = [amountOf(a.value), amountOf(b.value)]
  if (!left || !right || !isNumeric(left['value']) || !isNumeric(right['value'])) return undefined
  const additive = sign === '+' || sign === '-'
  const bare = isNumeric(a.value) || isNumeric(b.value)
  const sameUnit = !bare && left['unit'] === right['unit'] && left['code'] === right['code']
  if (additive ? !sameUnit : !(bare || (sign === '/' && sameUnit))) return none
  const value = calculate(sign, left['value'], right['value'])
  if (value === undefined) return none
  if (sign === '/' && sameUnit)
    return [made(run, 'Quantity', { value, unit: '1', system: 'http://unitsofmeasure.org', code: '1' })]
  return [made(run, 'Quantity', { ...(isNumeric(a.value) ? right : left), value })]
}

/** `-x`: of a number or a quantity. */
export function negative(of: Code): Code {
  return codeOf((focus, run) => {
    const item = single(of.items(focus, run), run)
    if (item === undefined) return none
    const { value, type } = item
    if (isNumeric(value)) return [made(run, type.kind === 'integer' ? 'Integer' : 'Decimal', negated(value))]
    if (!isObject(value) || !isNumeric(value['value'])) return run.fault(`'-' is not for ${type.name}`)
    return [made(run, 'Quantity', { ...value, value: negated(value['value']) })]
  }, of.fixed)
}
