/** One parameter that says what is to be found. https://hl7.org/fhir/R4/search.html#parameters */
import { parseFilter } from '../filter/parse.ts'
import type { Ask, Criterion } from '../query.ts'
import { splitUnescaped } from '../questions/escape.ts'
import { forbidden } from './allowed.ts'
import { find, type Known, mistake, mustBeEscaped, type Refusal, shown } from './known.ts'
import { UnfitModifier } from './mistakes.ts'
import { type Name, parseName } from './name.ts'
import { resolve } from './resolve.ts'
import { resultParameters } from './results.ts'

const mostValues = 10_000 // alternatives of one parameter

/** What is understood at the beginning of a name beside the parameters of the type. */
const others = ['_has', '_list', '_filter', '_text', '_content', '_type', '_sort', '_include', '_revinclude']
const results = resultParameters.filter(name => name !== '_page')
const atTop = [...others, ...results]

/** They are no parameters of a type, or no index answers them: all that they take is the value. */
const alone = ['_list', '_filter', '_text', '_content', '_query', '_type', '_sort']
const bare: ReadonlySet<string> = new Set([...alone, ...results])

/** Undefined where the value asks for nothing (`name=,`). */
export function parseCriterion(
  text: string,
  value: string,
  types: readonly string[],
  known: Known,
): Criterion | undefined {
  if (text === '_query') throw mistake('not-supported', `_query '${shown(value)}': this server has no named queries`)
  if (text === '_filter') return { name: text, value, asks: parseFilter(value, types, known) }
  const name = parseName(text)
  const { code, modifier } = name
  if (modifier !== undefined && bare.has(code))
    throw new UnfitModifier(
      `${shown(text)}: '${code}' stands alone: it takes no modifier, received ':${shown(modifier)}'`,
    )
  mustBeEscaped(text, value)
  const values = alternatives(value)
  if (values.length === 0) return undefined
  if (values.length > mostValues)
    throw mistake('too-costly', `${shown(text)}: has ${values.length} values, expected at most ${mostValues}`)
  return { name: text, value, asks: resolve(name, types, type => leaf(type, name, values, known), known) }
}

/** Empty ones are left out, as empty parameters are: `name=a,` must not find everybody. */
function alternatives(value: string): readonly string[] {
  return splitUnescaped(value, ',').filter(text => text !== '')
}

function leaf(type: string, name: Name, values: readonly string[], known: Known): Ask | Refusal {
  const { text, code, modifier, steps } = name
  if (code === '_list') return list(values, known)
  const parameter = find(type, code, known, steps.length === 0 ? atTop : [])
  if (typeof parameter === 'function') return parameter
  const asked = { ...(modifier === undefined ? {} : { modifier }), values }
  return forbidden(parameter, { text, ...asked }) ?? { by: 'parameter', parameter, ...asked }
}

const id = /^[A-Za-z0-9.-]{1,64}$/

/** `_list=42` is `_has:List:item:_id=42`. https://hl7.org/fhir/R4/search.html#list */
function list(values: readonly string[], { parameters }: Known): Ask | Refusal {
  const wrong = values.find(value => !id.test(value))
  if (wrong?.startsWith('$'))
    return () => `functional lists such as '${shown(wrong)}' are not supported: expected ids of List resources`
  if (wrong !== undefined) return () => `'${shown(wrong)}' is not an id: expected ids of List resources`
  const [item, byId] = [parameters.of('List').get('item'), parameters.of('List').get('_id')]
  if (item === undefined || byId === undefined) return () => 'there are no List resources'
  return { by: 'has', type: 'List', parameter: item, asks: { by: 'parameter', parameter: byId, values } }
}
