/** The members of an object, checked in one pass over the properties that are there. https://hl7.org/fhir/R4/json.html */
import { nearest } from '../fhir/nearest.ts'
import type { JsonObject } from '../fhir/resource.ts'
import type { ElementShape, Shape } from '../fhir/shape.ts'
import { type Check, companionCheck, type ObjectCheck, stepOf, type Types, valueCheck } from './element.ts'
import { type Findings, isFull, quote, report } from './findings.ts'

type Member = {
  readonly check: Check
  /** What its presence fulfils: one bit for each mandatory element, and `content`. */
  readonly marks: number
  /** One bit for each choice, which its types share. */
  readonly choice: number
}

/** Something mandatory, or a choice, and the elements that can be it. */
type Group = { readonly bit: number; readonly step: string; readonly names: readonly string[] }

type Members = {
  readonly byName: ReadonlyMap<string, Member>
  readonly required: readonly Group[]
  readonly choices: readonly Group[]
}

const content = 1 // ele-1: "All FHIR elements must have a @value or children", of which the id is none
const mostGroups = 30 // bits of a small integer beside `content`

export function compileObject(shape: Shape, types: Types): ObjectCheck {
  const members = membersOf(shape, types)
  const { byName } = members
  const complete = members.required.reduce((bits, { bit }) => bits | bit, shape.kind === 'complex' ? content : 0)
  const rule = types.rule(shape.name)
  return (object, found) => {
    let marks = 0
    let chosen = 0
    let twice = 0
    for (const name in object) {
      const value = object[name]
      if (value === undefined) {
        continue
      }
      const member = byName.get(name)
      if (member === undefined) {
        reportUnknown(name, byName, found)
        continue
      }
      marks |= member.marks
      twice |= chosen & member.choice
      chosen |= member.choice
      member.check(value, object, found)
    }
    if ((marks & complete) !== complete) {
      reportIncomplete(members, object, marks, found)
    }
    if (twice !== 0) {
      reportChoices(members, object, twice, found)
    }
    rule?.(object, found)
  }
}

function membersOf(shape: Shape, types: Types): Members {
  const elements = [...shape.elements.values()]
  const isResource = shape.kind === 'resource'
  const required = groupsOf(elements.filter(({ min }) => min > 0))
  const choices = groupsOf(elements.filter(({ choice }) => choice !== undefined))
  const byName = new Map<string, Member>(isResource ? [['resourceType', { check: () => {}, marks: 0, choice: 0 }]] : [])
  for (const element of elements) {
    const marks = bitOf(required, element.name) | (element.name === 'id' ? 0 : content)
    const choice = bitOf(choices, element.name)
    byName.set(element.name, { check: valueCheck(element, types), marks, choice })
    const check = companionCheck(element, types)
    if (check !== undefined) {
      byName.set(`_${element.name}`, { check, marks, choice })
    }
  }
  return { byName, required, choices }
}

function groupsOf(elements: readonly ElementShape[]): readonly Group[] {
  const groups = [...Map.groupBy(elements, stepOf)]
  if (groups.length > mostGroups) {
    throw new RangeError(
      `${elements[0]?.path} stands among ${groups.length} mandatory elements, expected ${mostGroups} at most`,
    )
  }
  return groups.map(([step, members], index) => ({ bit: 2 << index, step, names: members.map(({ name }) => name) }))
}

function bitOf(groups: readonly Group[], name: string): number {
  return groups.find(({ names }) => names.includes(name))?.bit ?? 0
}

function reportUnknown(name: string, known: ReadonlyMap<string, Member>, found: Findings): void {
  const meant = isFull(found) ? undefined : nearest(name, known.keys())
  const hint = meant === undefined ? 'expected only elements of the specification' : `did you mean ${quote(meant)}?`
  const steps = /^[A-Za-z][A-Za-z0-9]{0,63}$/.test(name) ? [name] : []
  report(found, 'structure', `unknown element ${quote(name)}: ${hint}`, ...steps)
}

function reportIncomplete({ required }: Members, object: JsonObject, marks: number, found: Findings): void {
  const present = Object.keys(object).filter(name => object[name] !== undefined)
  if (present.length === 0) {
    report(found, 'structure', 'the object is empty: expected at least one property, or no element at all')
    return
  }
  if (present.every(name => name === 'id')) {
    report(found, 'invariant', 'the element has only an id: expected a value or children (ele-1)')
  }
  for (const { bit, step, names } of required) {
    if ((marks & bit) === 0) {
      const one =
        names.length > 1 ? `one of ${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}` : quote(step)
      report(found, 'required', `missing element: expected ${one}`, step)
    }
  }
}

/** `valueString` and `_valueString` are one element. */
function reportChoices({ choices }: Members, object: JsonObject, twice: number, found: Findings): void {
  for (const { bit, step, names } of choices) {
    const present = names.filter(name => object[name] !== undefined || object[`_${name}`] !== undefined)
    if ((twice & bit) !== 0 && present.length > 1) {
      report(found, 'structure', `found ${present.join(' and ')}: expected only one of ${step}[x]`, step)
    }
  }
}
