/** What is to be translated. https://hl7.org/fhir/R4/conceptmap-operation-translate.html; R5 has other names for the same. */
import { fail } from '../../fhir/issue.ts'
import { isObject } from '../../fhir/resource.ts'
import type { Dependency } from '../../terminology/concept-map/concept-map.ts'
import type { Coding, TranslateRequest } from '../../terminology/concept-map/translate.ts'
import { textOf } from '../../terminology/element.ts'
import type { Argument, Input } from '../kernel/input.ts'
import { codingOf, codingsOf, onlyOne } from '../terminology/subject.ts'

/** Codings of one CodeableConcept, each of which is looked for in every map. */
const mostCodings = 1_000

/** In R5, a code of the target is what is asked for in reverse. */
const codes = ['code', 'sourceCode', 'targetCode'] as const
const codings = ['coding', 'sourceCoding', 'targetCoding'] as const
const concepts = ['codeableConcept', 'sourceCodeableConcept', 'targetCodeableConcept'] as const

export const laterParameters = [
  ...codes.slice(1).map(name => optional(name, 'code')),
  ...codings.slice(1).map(name => optional(name, 'Coding')),
  ...concepts.slice(1).map(name => optional(name, 'CodeableConcept')),
  ...['sourceScope', 'targetScope', 'sourceSystem', 'targetSystem'].map(name => optional(name, 'uri')),
]

function optional(name: string, type: string) {
  return { name, use: 'in', min: 0, max: '1', type } as const
}

export function requestOf(input: Input): TranslateRequest {
  const name = onlyOne(input, [...codes, ...codings, ...concepts])
  const { own, other } = systemsIn(name, input)
  return {
    codings: codingsIn(name, input, own),
    ...(other === undefined ? {} : { targetSystem: other }),
    dependencies: input.all('dependency').flatMap(dependenciesIn),
    reverse: input.flag('reverse') ?? name.startsWith('target'),
  }
}

type Systems = { readonly own: string | undefined; readonly other: string | undefined }

/** `own`: what a code without one is of; `other`: what the answers are to be of. A code of the target has the target's system. */
function systemsIn(name: string, input: Input): Systems {
  const source = input.text('sourceSystem') ?? input.text('system')
  const target = input.text('targetsystem') ?? input.text('targetSystem')
  if (!name.startsWith('target')) return { own: source, other: target }
  return name === 'targetCode' && target === undefined
    ? { own: source, other: undefined }
    : { own: target, other: source }
}

function codingsIn(name: string, input: Input, system: string | undefined): readonly Coding[] {
  const code = input.text(name)
  if (code !== undefined) return [ofSystem(code, system, input)]
  const object = input.object(name) ?? {}
  const list = name.toLowerCase().endsWith('concept') ? codingsOf(object) : [codingOf(object)]
  if (list.length > mostCodings) {
    const text = `the ${name} has ${list.length} codings: expected at most ${mostCodings}`
    throw fail('too-costly', text, name, { status: 422 })
  }
  const known = list.flatMap(withCode)
  if (known.length === 0) throw fail('required', `the ${name} has no code: there is nothing to translate`, name)
  return known
}

function withCode({ code, ...rest }: Partial<Coding>): readonly Coding[] {
  return code === undefined ? [] : [{ ...rest, code }]
}

function ofSystem(code: string, system: string | undefined, input: Input): Coding {
  if (system === undefined) {
    throw fail('required', `the code '${code}' has no system: expected the parameter 'system' beside it`, 'system')
  }
  const version = input.text('version')
  return { system, ...(version === undefined ? {} : { version }), code }
}

/** "The element for this dependency; the value for this dependency" */
function dependenciesIn({ parts = [] }: Argument): readonly Dependency[] {
  const part = (name: string) => parts.find(each => each.name === name)?.value
  const [property, concept] = [part('element'), part('concept')]
  if (typeof property !== 'string' || !isObject(concept)) return []
  const text = textOf(concept, 'text')
  const coded = codingsOf(concept).flatMap(withCode)
  return [
    ...(text === undefined ? [] : [{ property, value: text }]),
    ...coded.map(({ system, code }) => ({ property, ...(system === undefined ? {} : { system }), value: code })),
  ]
}
