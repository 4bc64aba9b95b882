/** Which code is asked about: by `code`, by `coding`, by `codeableConcept`, but by one of them only. */
import { FhirError, fail } from '../../fhir/issue.ts'
import type { JsonObject } from '../../fhir/resource.ts'
import { objectsOf, textOf } from '../../terminology/element.ts'
import { txIssue } from '../../terminology/value-set/tx-issue.ts'
import type { Coding } from '../../terminology/value-set/validate-request.ts'
import type { Input } from '../kernel/input.ts'

/** "One (and only one) of the in parameters": which of them was given. */
export function onlyOne<N extends string>(input: Input, names: readonly N[]): N {
  let only: N | undefined
  for (const name of names) {
    if (input.one(name) === undefined) continue
    if (only !== undefined) throw several(only, name, names)
    only = name
  }
  if (only === undefined) throw incomplete(`there is no code to ask about: expected ${oneOf(names)}`)
  return only
}

function several(first: string, second: string, names: readonly string[]): Error {
  const text = `'${first}' and '${second}' both say which code is meant: expected only one of ${names.join(', ')}`
  return fail('invalid', text, second)
}

/** As clients of terminology servers are told that a question lacks something. */
export function incomplete(text: string, at?: string): FhirError {
  const issue = txIssue({ code: 'invalid', type: 'invalid-data', id: 'INCOMPLETE_REQUEST', text, ...(at && { at }) })
  return new FhirError([issue], { status: 400 })
}

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? `the parameter '${names[0]}'` : `one of the parameters ${names.join(', ')}`
}

export function codingOf(element: JsonObject): Coding {
  const said = (name: keyof Coding): Coding => {
    const text = textOf(element, name)
    return text === undefined || text === '' ? {} : { [name]: text }
  }
  return { ...said('system'), ...said('version'), ...said('code'), ...said('display') }
}

export function codingsOf(concept: JsonObject): readonly Coding[] {
  return objectsOf(concept, 'coding').map(codingOf)
}
