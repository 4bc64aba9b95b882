/** https://hl7.org/fhir/R4/search.html#token */
import { fail } from '../../fhir/issue.ts'
import { type Node, not, type Part } from '../node.ts'
import type { Code, Codes } from '../plan.ts'
import { soon } from '../soon.ts'
import { normalized } from '../values/string.ts'
import { caseless, isPlain } from '../values/token.ts'
import { splitUnescaped, unescaped } from './escape.ts'
import { anyOf, each, type Kind, type Modifier, malformed, nothing, type Subject } from './kind.ts'
import { spelled } from './spelling.ts'

export const token: Kind = {
  slots: slot => [slot, `${slot}|`, `${slot}:text`],
  part: tokenPart,
  spelled,
  modifiers: ({ elements }) => ({
    // "Including the resources that have no value": it is the whole list that none of is there.
    not: (values, on, codes) =>
      soon(spelled(values, on, codes), all => not(anyOf(all.map(text => tokenPart(text, on))))),
    text: each(textPart),
    in: inValueSet,
    'not-in': async (values, on, codes) => not(await inValueSet(values, on, codes)),
    above: related('above'),
    below: related('below'),
    translated,
    ...((elements === undefined || elements.includes('Identifier')) && { 'of-type': each(ofType) }),
  }),
}

/** "The search functions as a normal string search." */
function textPart(text: string, { slot }: Subject): Part {
  const beginning = normalized(unescaped(text))
  return beginning === '' ? nothing : { is: 'prefix', slot: `${slot}:text`, text: beginning }
}

/** "The presence of the pipe symbol SHALL NOT be used", and of a string there is no system either. */
const unscoped: ReadonlySet<string> = new Set(['ContactPoint', 'uri', 'boolean', 'string'])

type Asked = { readonly system?: string; readonly code: string }

/** An empty `system` asks for what has none, an empty `code` for whatever has the system. */
function parse(text: string, on: Subject): Asked {
  const [first = '', second, ...more] = splitUnescaped(text, '|').map(unescaped)
  if (more.length > 0 || (first === '' && !second)) {
    throw malformed(
      on,
      text,
      `code, system|code, |code or system|, such as http://loinc.org|85354-9; a | within is \\|`,
    )
  }
  if (second === undefined) return { code: first }
  if (on.elements?.length && on.elements.every(type => unscoped.has(type))) {
    throw malformed(on, text, 'a value without system, as the element has none; a | within is \\|')
  }
  return { system: first, code: second }
}

export function tokenPart(text: string, on: Subject): Part {
  const { system, code } = parse(text, on)
  const { slot } = on
  if (system === undefined || isPlain(on.elements)) {
    if (system && on.systems?.includes(system) === false) return nothing
    return code === '' ? { is: 'prefix', slot, text: '' } : { is: 'term', slot, texts: writtenAs(code, on) }
  }
  const full = `${slot}|`
  if (code === '') return { is: 'prefix', slot: full, text: `${system}|` }
  return { is: 'term', slot: full, texts: [`${system}|${code}`] }
}

/** A string was taken in without its case. */
function writtenAs(code: string, { elements }: Subject): readonly string[] {
  return elements?.includes('string') === false ? [code] : [...new Set([code, caseless(code)])]
}

/** `system|code|value`, of an identifier the type and the value. */
function ofType(text: string, on: Subject): Part {
  const parts = splitUnescaped(text, '|').map(unescaped)
  if (parts.length !== 3 || parts.includes('')) {
    throw malformed(on, text, 'system|code|value, such as http://terminology.hl7.org/CodeSystem/v2-0203|MR|446053')
  }
  return { is: 'term', slot: `${on.slot}:of-type`, texts: [parts.join('|')] }
}

async function inValueSet(values: readonly string[], on: Subject, codes: Codes): Promise<Node> {
  const found = values.map(async text => {
    const url = unescaped(text)
    const members = await codes.valueSet(url)
    if (members === undefined) throw unknown(on, `value set '${url}'`)
    return members
  })
  return anyOf([oneOf((await Promise.all(found)).flat(), on)])
}

function related(is: 'above' | 'below'): Modifier {
  return async (values, on, codes) => {
    const found = values.map(async text => {
      if (is === 'below' && isMime(text, on)) return mimePart(unescaped(text), on)
      const { system, code } = parse(text, on)
      if (code === '') throw malformed(on, text, 'a code, such as http://snomed.info/sct|73211009')
      const family = await codes.hierarchy(is, { system: system || undefined, code })
      if (family === undefined) throw unknown(on, `hierarchy that the code '${unescaped(text)}' is part of`)
      return oneOf(family, on)
    })
    return anyOf(await Promise.all(found))
  }
}

/** A modifier of our own: the code, or what concept maps say is the same in another system, or a kind of it. */
const translated: Modifier = async (values, on, codes) => {
  const found = values.map(async text => {
    const { system, code } = parse(text, on)
    if (!system || code === '') throw malformed(on, text, 'system|code, such as http://snomed.info/sct|73211009')
    return oneOf([{ system, code }, ...(await codes.translations({ system, code }))], on)
  })
  return anyOf(await Promise.all(found))
}

const mime = /^[\w.+-]+\/[\w.+-]+$/

function isMime(text: string, { elements }: Subject): boolean {
  return elements?.includes('code') === true && mime.test(unescaped(text))
}

/** "On the base part of the mime type": with parameters or without. https://hl7.org/fhir/R4/search.html#mimetype */
function mimePart(type: string, { slot }: Subject): Part {
  const longer = [';', ' '].map((mark): Part => ({ is: 'prefix', slot, text: `${type}${mark}` }))
  return { is: 'or', of: [{ is: 'term', slot, texts: [type] }, ...longer] }
}

function oneOf(codes: readonly Code[], on: Subject): Part {
  const [slot, textsOf] = isPlain(on.elements)
    ? [on.slot, ({ code }: Code) => writtenAs(code, on)]
    : [`${on.slot}|`, ({ system, code }: Code) => [`${system ?? ''}|${code}`]]
  return codes.length === 0 ? nothing : { is: 'term', slot, texts: codes.flatMap(textsOf) }
}

function unknown({ name }: Subject, what: string) {
  return fail('not-supported', `${name}: the ${what} is not known to this server`, undefined, { status: 400 })
}
