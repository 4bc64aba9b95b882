/** https://hl7.org/fhir/R4/search.html#token */
import { fail } from '../../fhir/issue.ts'
import { type Node, not, type Part } from '../node.ts'
import type { Code, Codes } from '../plan.ts'
import { fold } from '../values/fold.ts'
import { isPlain } from '../values/token.ts'
import { splitUnescaped, unescaped } from './escape.ts'
import { anyOf, each, type Kind, type Modifier, malformed, type Subject } from './kind.ts'

export const token: Kind = {
  slots: slot => [slot, `${slot}|`, `${slot}:text`],
  part: tokenPart,
  modifiers: ({ elements }) => ({
    // "Including the resources that have no value": it is the whole list that none of is there.
    not: (values, on) => not(anyOf(values.map(text => tokenPart(text, on)))),
    text: each((text, { slot }) => ({ is: 'prefix', slot: `${slot}:text`, text: fold(unescaped(text)) })),
    in: inValueSet,
    'not-in': async (values, on, codes) => not(await inValueSet(values, on, codes)),
    above: related('above'),
    below: related('below'),
    ...((elements === undefined || elements.includes('Identifier')) && { 'of-type': each(ofType) }),
  }),
}

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
  return second === undefined ? { code: first } : { system: first, code: second }
}

export function tokenPart(text: string, on: Subject): Part {
  const { system, code } = parse(text, on)
  const { slot } = on
  if (system === undefined || isPlain(on.elements)) {
    return code === '' ? { is: 'prefix', slot, text: '' } : { is: 'term', slot, texts: [code] }
  }
  const full = `${slot}|`
  if (code === '') return { is: 'prefix', slot: full, text: `${system}|` }
  return { is: 'term', slot: full, texts: [`${system}|${code}`] }
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
  return oneOf((await Promise.all(found)).flat(), on)
}

function related(is: 'above' | 'below'): Modifier {
  return async (values, on, codes) => {
    const found = values.map(async text => {
      const { system, code } = parse(text, on)
      if (code === '') throw malformed(on, text, 'a code, such as http://snomed.info/sct|73211009')
      const family = await codes.hierarchy(is, { system: system || undefined, code })
      if (family === undefined) throw unknown(on, `hierarchy that the code '${unescaped(text)}' is part of`)
      return family
    })
    return oneOf((await Promise.all(found)).flat(), on)
  }
}

function oneOf(codes: readonly Code[], on: Subject): Node {
  const [slot, textOf] = isPlain(on.elements)
    ? [on.slot, ({ code }: Code) => code]
    : [`${on.slot}|`, ({ system, code }: Code) => `${system ?? ''}|${code}`]
  return anyOf(codes.length === 0 ? [] : [{ is: 'term', slot, texts: codes.map(textOf) }])
}

function unknown({ name }: Subject, what: string) {
  return fail('not-supported', `${name}: the ${what} is not known to this server`, undefined, { status: 400 })
}
