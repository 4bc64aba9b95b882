/** `Syntax` → `Code`. http://hl7.org/fhirpath/N1/#expressions */
import { numberOf } from '../../decimal.ts'
import { boundaries } from './functions/boundary.ts'
import { combining } from './functions/combining.ts'
import { conversion } from './functions/conversion.ts'
import { existence } from './functions/existence.ts'
import { fhir } from './functions/fhir.ts'
import { filtering } from './functions/filtering.ts'
import { type Builtin, type Builtins, integerOf } from './functions/function.ts'
import { math } from './functions/math.ts'
import { strings } from './functions/strings.ts'
import { type Code, codeOf, condition, Item, none, nothing, single } from './item.ts'
import { SyntaxFault } from './lexer.ts'
import { negative, operation } from './operators.ts'
import { typeOf } from './parser.ts'
import { pathOf } from './path.ts'
import { quantityOf, ucum } from './quantity.ts'
import type { LiteralType, Syntax, TypeName } from './syntax.ts'
import type { Types } from './type.ts'

const functions: Builtins = {
  ...existence,
  ...filtering,
  ...combining,
  ...strings,
  ...conversion,
  ...math,
  ...boundaries,
  ...fhir,
}

/** An expression that may be right, but asks for what is not built. */
export class Unsupported extends Error {}

const self: Code = {
  items: focus => (focus === nothing ? none : [focus]),
  count: focus => (focus === nothing ? 0 : 1),
  exists: focus => focus !== nothing,
  truth: focus => {
    if (focus === nothing) return undefined
    return focus.type.kind === 'boolean' ? (focus.value as boolean | undefined) : true
  },
  fixed: false,
}

export function translate(syntax: Syntax, types: Types): Code {
  const code = build(syntax, types)
  return code.fixed && isLarge(syntax) ? once(code) : code
}

/** It may find as many elements as the resource has. */
function isLarge(syntax: Syntax): boolean {
  switch (syntax.op) {
    case 'call':
      return syntax.name === 'descendants' || (syntax.of !== undefined && isLarge(syntax.of))
    case 'member':
      return syntax.of !== undefined && isLarge(syntax.of)
    case 'as':
      return isLarge(syntax.of)
    case 'binary':
      return syntax.sign === '|' && (isLarge(syntax.left) || isLarge(syntax.right))
    default:
      return false
  }
}

function build(syntax: Syntax, types: Types): Code {
  switch (syntax.op) {
    case 'empty':
      return codeOf(() => none, true)
    case 'literal':
    case 'quantity': {
      const item = literal(syntax, types)
      const items = [item]
      return { ...codeOf(() => items, true), ...constant(item) }
    }
    case '$':
      return special(syntax.name, types)
    case '%':
      return variable(syntax.name, types)
    case 'member':
      return member(syntax, types)
    case 'call':
      return call(syntax, types)
    case 'item':
      return itemAt(translate(syntax.of, types), translate(syntax.index, types))
    case 'sign':
      return syntax.negative ? negative(translate(syntax.of, types)) : translate(syntax.of, types)
    case 'is':
      return is(translate(syntax.of, types), syntax.type, types)
    case 'as':
      return ofType(translate(syntax.of, types), syntax.type)
    case 'binary':
      return operation(syntax.sign, translate(syntax.left, types), translate(syntax.right, types), types)
  }
}

function constant({ type, value }: Item): Pick<Code, 'number' | 'text'> {
  if (typeof value === 'number') return { number: () => value }
  return typeof value === 'string' && type.kind === 'text' ? { text: () => value } : {}
}

function literal(syntax: Syntax & { readonly op: 'literal' | 'quantity' }, types: Types): Item {
  if (syntax.op === 'quantity') {
    return new Item(types.system.Quantity, quantityOf(numberOf(syntax.value), syntax.unit, syntax.calendar))
  }
  const { type, text } = syntax
  if (type === 'Boolean') return new Item(types.system.Boolean, text === 'true')
  return new Item(types.system[type], literalValue(type, text))
}

function literalValue(type: LiteralType, text: string) {
  if (type === 'Integer' || type === 'Decimal') return numberOf(text)
  return type === 'DateTime' ? text.replace(/T$/, '') : text // `@2026T`: the year, and nothing after it
}

function special(name: 'this' | 'index' | 'total', types: Types): Code {
  if (name === 'this') return self
  if (name === 'total') return codeOf((_focus, run) => run.total)
  return codeOf((_focus, run) => [new Item(types.system.Integer, run.index)])
}

/** https://hl7.org/fhir/R4/fhirpath.html#variables */
const constants: ReadonlyMap<string, string> = new Map([
  ['ucum', ucum],
  ['sct', 'http://snomed.info/sct'],
  ['loinc', 'http://loinc.org'],
])

function variable(name: string, types: Types): Code {
  const [, kind, id] = /^(ext|vs)-(.+)$/.exec(name) ?? []
  const folder = kind === 'vs' ? 'ValueSet' : 'StructureDefinition'
  const constant = id === undefined ? constants.get(name) : `http://hl7.org/fhir/${folder}/${id}`
  if (constant !== undefined) {
    const items = [new Item(types.system.String, constant)]
    return codeOf(() => items, true)
  }
  if (name === 'resource') return codeOf((_focus, run) => [run.resource], true)
  if (name === 'rootResource') return codeOf((_focus, run) => [run.rootResource], true)
  if (name === 'context') return codeOf((_focus, run) => [run.context], true)
  return codeOf((_focus, run) => {
    const { variables = {} } = run.env
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (value === undefined) return run.fault(`%${name} is unknown`)
    return (Array.isArray(value) ? value : [value]).map(one => run.itemOf(one))
  }, true)
}

/** `a.b.c`, walked at once. A path may begin with the type of its focus: `Patient.name`. */
function member(syntax: Syntax & { readonly op: 'member' }, types: Types): Code {
  const names: string[] = []
  let at: Syntax | undefined = syntax
  for (; at?.op === 'member'; at = at.of) names.unshift(at.name)
  if (at !== undefined) return pathOf(at.op === '$' && at.name === 'this' ? undefined : translate(at, types), names)
  const [first = '', ...rest] = names
  if (!/^[A-Z]/.test(first)) return pathOf(undefined, names)
  const root = codeOf(focus => (focus.type.is({ name: first }) ? [focus] : none))
  return rest.length === 0 ? root : pathOf(root, rest)
}

function call(syntax: Syntax & { readonly op: 'call' }, types: Types): Code {
  const { name, args, at } = syntax
  const of = syntax.of === undefined ? self : translate(syntax.of, types)
  if (name === 'is' || name === 'as' || name === 'ofType') {
    const type = args.length === 1 ? typeOf(args[0]) : undefined
    if (type === undefined) throw new SyntaxFault(`${name}() takes a type`, at)
    return name === 'is' ? is(of, type, types) : ofType(of, type)
  }
  const found = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (found === undefined) throw new Unsupported(`${name}()`)
  checkArity(syntax, found.arity)
  return found.build({ of, args: args.map(arg => translate(arg, types)), types })
}

function checkArity({ name, args, at }: Syntax & { readonly op: 'call' }, [least, most]: Builtin['arity']): void {
  if (args.length >= least && args.length <= most) return
  const wanted = least === most ? `${least}` : `${least} to ${most}`
  throw new SyntaxFault(`${name}() takes ${wanted} arguments, received ${args.length}`, at)
}

/** Evaluated once in a run, however often a loop comes by: `%resource.descendants().reference`. */
function once(code: Code): Code {
  const kept: Code = codeOf((focus, run) => {
    const known = run.kept.get(kept)
    if (known !== undefined) return known
    const items = code.items(focus, run)
    run.kept.set(kept, items)
    return items
  }, true)
  return kept
}

function itemAt(of: Code, index: Code): Code {
  return codeOf((focus, run) => {
    const at = integerOf(index.items(focus, run), run)
    const item = at === undefined ? undefined : of.items(focus, run)[at]
    return item === undefined ? none : [item]
  })
}

function is(of: Code, type: TypeName, types: Types): Code {
  return condition((focus, run) => single(of.items(focus, run), run)?.type.is(type), types, of.fixed)
}

/** `as` as well: R4's own definitions ask it of many values, although it is defined for one only. */
function ofType(of: Code, type: TypeName): Code {
  return codeOf((focus, run) => {
    const items = of.items(focus, run)
    return items.every(item => item.type.is(type)) ? items : items.filter(item => item.type.is(type))
  }, of.fixed)
}
