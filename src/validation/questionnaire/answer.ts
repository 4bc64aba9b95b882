/** A value that answers a question: its type, whether it is one of the permitted ones, its length. https://hl7.org/fhir/R4/valueset-item-type.html */
import type { IssueCode, Severity } from '../../fhir/issue.ts'
import { isObject, type JsonObject } from '../../fhir/resource.ts'
import type { CodeAnswer, Codes } from '../codes.ts'
import { quote } from '../findings.ts'
import { type Form, objectsIn, type Question } from './form.ts'
import { isSame, type Value, valueIn } from './value.ts'

/** With the path at what is told of, or at the further steps. */
export type Report = (
  code: IssueCode,
  text: string,
  severity?: Severity,
  ...steps: readonly (string | number)[]
) => void

/** By the type of the item. */
const types: Readonly<Record<string, readonly string[]>> = {
  boolean: ['Boolean'],
  decimal: ['Decimal'],
  integer: ['Integer'],
  date: ['Date'],
  dateTime: ['DateTime'],
  time: ['Time'],
  string: ['String'],
  text: ['String'],
  url: ['Uri'],
  choice: ['Coding'],
  'open-choice': ['Coding', 'String'],
  attachment: ['Attachment'],
  reference: ['Reference'],
  quantity: ['Quantity'],
}

/** With the path at the value. */
export function checkValue(value: Value, question: Question, form: Form, codes: Codes, report: Report): void {
  const { type, options, maxLength } = question
  const permitted = options.flatMap(option => valueIn(option, 'value') ?? [])
  const isChoice = type === 'choice' || type === 'open-choice'
  // "The data type of the value must agree with the item.type", which for a choice may be that of its options.
  const expected = [...(types[type] ?? []), ...(isChoice ? permitted.map(option => option.type) : [])]
  if (!expected.includes(value.type)) {
    const kinds = [...new Set(expected)].map(name => `value${name}`).join(' or ')
    report('structure', `found value${value.type}, expected ${kinds}, because the question is of type ${type}`)
    return
  }
  if (maxLength !== undefined && typeof value.json === 'string' && [...value.json].length > maxLength) {
    report('value', `found ${[...value.json].length} characters, expected ${maxLength} at most`)
  }
  const isFree = type === 'open-choice' && value.type === 'String'
  if (isFree || value.json === undefined) return
  if (permitted.length > 0 && !permitted.some(option => isSame(option, value))) {
    report(
      'code-invalid',
      `${named(value)} is none of the ${permitted.length} options of the question, expected one of them`,
    )
  }
  if (question.valueSet !== undefined && isObject(value.json) && value.type === 'Coding') {
    checkCode(value.json, question.valueSet, form, codes, report)
  }
}

function checkCode(coding: JsonObject, valueSet: string, form: Form, codes: Codes, report: Report): void {
  const { system, version, code } = coding
  if (typeof code !== 'string') {
    report('code-invalid', `found no code, expected one of the value set ${valueSet}`)
    return
  }
  const answer = valueSet.startsWith('#')
    ? listed(coding, valueSet.slice(1), form)
    : codes.validate({
        valueSet,
        code,
        ...(typeof system === 'string' ? { system } : {}),
        ...(typeof version === 'string' ? { version } : {}),
      })
  const name = named({ type: 'Coding', json: coding })
  if (answer === 'out') {
    report('code-invalid', `${name} is not in the value set ${valueSet}: expected one of its codes`)
  } else if (answer === 'unknown value set' || answer === 'unknown system') {
    const reason = answer === 'unknown system' ? 'the code system is not known here' : 'the value set is not known here'
    report('not-found', `cannot tell whether ${name} is in the value set ${valueSet}: ${reason}`, 'warning')
  }
}

/** By a value set that the questionnaire contains, if it lists its codes one by one. */
function listed({ system, code }: JsonObject, id: string, { contained }: Form): CodeAnswer {
  const compose = contained.find(resource => resource.id === id)?.['compose']
  const includes = isObject(compose) && compose['exclude'] === undefined ? objectsIn(compose['include']) : []
  const isListed = ({ concept, filter, valueSet }: JsonObject) =>
    concept !== undefined && filter === undefined && valueSet === undefined
  if (includes.length === 0 || !includes.every(isListed)) return 'unknown value set'
  const isIn = includes.some(
    include => include['system'] === system && objectsIn(include['concept']).some(concept => concept['code'] === code),
  )
  return isIn ? 'in' : 'out'
}

function named({ json }: Value): string {
  if (!isObject(json)) return quote(String(json))
  const { system, code, value, reference } = json
  return `${quote(String(code ?? value ?? reference))}${typeof system === 'string' ? ` of ${system}` : ''}`
}
