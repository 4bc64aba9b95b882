/** What each parameter type brings for asking, as `ParameterType` does for writing. https://hl7.org/fhir/R4/search.html#ptypes */
import { type FhirError, fail } from '../../fhir/issue.ts'
import { type Node, or, type Part } from '../node.ts'
import type { Codes, Stored } from '../plan.ts'
import type { Soon } from '../soon.ts'

/** What is asked, and where. */
export type Subject = {
  /** As the client wrote it: `subject:Patient.name:exact`. */
  readonly name: string
  readonly slot: string
  /** FHIR types of the elements that it searches; `undefined`: only known once they are found. */
  readonly elements: readonly string[] | undefined
  /** Of codes that follow from where they stand, the systems that they can be of; absent: unknown. */
  readonly systems?: readonly string[]
  /** Types of resources that a reference may lead to. */
  readonly targets: readonly string[]
  /** The type of the resources that are asked. */
  readonly type: string
  readonly base: string
  /** ms */
  readonly now: number
  readonly stored: Stored
}

/** A resource's logical id. */
export const idForm = /^[A-Za-z0-9.-]{1,64}$/

export type Kind = {
  /** If there are values at all, there is an entry in one of these. */
  readonly slots: (slot: string) => readonly string[]
  /** One alternative without modifier, still escaped. */
  readonly part: (text: string, on: Subject) => Part
  /** What else the alternatives stand for, before any of them is asked. */
  readonly spelled?: (values: readonly string[], on: Subject, codes: Codes) => Soon<readonly string[]>
  /** Those that fit the elements of the parameter, beside `missing`, which always does. */
  readonly modifiers: (on: Subject) => Readonly<Record<string, Modifier>>
}

/** The alternatives are still escaped; there is at least one. */
export type Modifier = (values: readonly string[], on: Subject, codes: Codes) => Soon<Node>

export const noModifiers = (): Readonly<Record<string, Modifier>> => ({})

/** Nothing fits. */
export const nothing: Part = { is: 'or', of: [] }

/** For a modifier that asks of each alternative the same. */
export function each(part: (text: string, on: Subject) => Part): Modifier {
  return (values, on) => anyOf(values.map(text => part(text, on)))
}

/** One of them holds. Terms of one slot are asked together, so that a list of a thousand is one question. */
export function anyOf(parts: readonly Part[]): Node {
  const [only] = parts
  if (only && parts.length === 1 && only.is !== 'or') return only
  const terms = new Map<string, Set<string>>()
  const others: Part[] = []
  for (const part of parts.flatMap(flat)) {
    if (part.is !== 'term') others.push(part)
    else {
      const texts = terms.get(part.slot) ?? new Set()
      for (const text of part.texts) texts.add(text)
      terms.set(part.slot, texts)
    }
  }
  return or([...[...terms].map(([slot, texts]): Part => ({ is: 'term', slot, texts: [...texts] })), ...others])
}

function flat(part: Part): readonly Part[] {
  return part.is === 'or' ? part.of.flatMap(flat) : [part]
}

/** A value that is not what the parameter takes. `expected` ends in an example. */
export function malformed({ name }: Pick<Subject, 'name'>, text: string, expected: string): FhirError {
  return fail('value', `${name} '${shortened(text)}': expected ${expected}`, undefined, { status: 400 })
}

const mostEchoed = 100 // characters; a longer value would drown the message

function shortened(text: string): string {
  return text.length > mostEchoed ? `${text.slice(0, mostEchoed)}…` : text
}
