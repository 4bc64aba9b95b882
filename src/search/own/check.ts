/** Can resources be found by a definition that somebody brings? https://hl7.org/fhir/R4/searchparameter.html */
import { error, FhirError, type Issue } from '../../fhir/issue.ts'
import { nearest } from '../../fhir/nearest.ts'
import type { Shapes } from '../../fhir/shape.ts'
import { compileGetter, missingElement } from '../extract/extract.ts'
import type { SearchParameter } from '../parameters.ts'
import { listed } from '../parse/known.ts'
import { simpleTypes } from '../values/simple.ts'
import { componentIssues } from './components.ts'
import { type Known, mismatch, typesOf } from './fit.ts'

/** Nothing for a good one. `at`: the path of the definition, of which `SearchParameter` is the last part. */
export function definitionIssues(definition: SearchParameter, known: Known, at: string): readonly Issue[] {
  const issues = [
    ...codeIssues(definition, at),
    ...typeIssues(definition, at),
    ...baseIssues(definition, known, at),
    ...targetIssues(definition, known, at),
  ]
  if (issues.length > 0) return issues
  const own = [...nameIssues(definition, known, at), ...expressionIssues(definition, known, at)]
  return own.length > 0 || definition.type !== 'composite' ? own : componentIssues(definition, known, at)
}

const form = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/

/** `:`, `.`, `$`, `|` and `,` mean something in a URL; names with `_` at their beginning are the specification's. */
function codeIssues({ code }: SearchParameter, at: string): readonly Issue[] {
  if (form.test(code)) return []
  const expected = 'expected a letter, and after it at most 63 letters, digits, - and _'
  return [
    error(
      'business-rule',
      `the code '${code}' cannot stand in a URL as the name of a parameter: ${expected}`,
      `${at}.code`,
    ),
  ]
}

const types: readonly string[] = [...Object.keys(simpleTypes), 'composite'].filter(type => type !== 'special').sort()

function typeIssues({ type }: SearchParameter, at: string): readonly Issue[] {
  if (types.includes(type)) return []
  const text =
    type === 'special'
      ? 'a special parameter is answered by rules of its own, which no definition can bring'
      : `there is no parameter type '${type}'`
  return [error('code-invalid', `${text}: expected one of ${types.join(', ')}`, `${at}.type`)]
}

const abstract: readonly string[] = ['Resource', 'DomainResource']

function baseIssues({ base }: SearchParameter, { shapes }: Known, at: string): readonly Issue[] {
  return base.flatMap((type, index) =>
    abstract.includes(type) ? [] : unknownType(type, shapes, `${at}.base[${index}]`),
  )
}

function targetIssues({ target = [] }: SearchParameter, { shapes }: Known, at: string): readonly Issue[] {
  return target.flatMap((type, index) => unknownType(type, shapes, `${at}.target[${index}]`))
}

function unknownType(type: string, { resourceTypes }: Shapes, at: string): readonly Issue[] {
  if (resourceTypes.includes(type)) return []
  const meant = nearest(type, resourceTypes)
  return [error('code-invalid', `there is no resource type '${type}'${meant ? ` (did you mean '${meant}'?)` : ''}`, at)]
}

/** Whoever searches by a name of the specification gets what it says, here as on any server. */
function nameIssues(definition: SearchParameter, { shapes, parameters }: Known, at: string): readonly Issue[] {
  const { url, code } = definition
  if (parameters.at(url) !== undefined) {
    const text = `${url} is defined by FHIR R4, and cannot be defined anew: expected a URL of your own`
    return [error('business-rule', text, `${at}.url`)]
  }
  const others = Map.groupBy(
    typesOf(definition, shapes).filter(type => parameters.of(type).has(code)),
    type => parameters.of(type).get(code),
  )
  return [...others].map(([other, taken]) => {
    const owner = other?.own ? other.url : `FHIR R4 (${other?.url})`
    return error(
      'business-rule',
      `'${code}' of ${listed(taken)} is defined by ${owner}: expected another code`,
      `${at}.code`,
    )
  })
}

function expressionIssues(definition: SearchParameter, { shapes }: Known, at: string): readonly Issue[] {
  const { base, expression = '', type } = definition
  const place = `${at}.expression`
  if (expression === '') {
    return [error('business-rule', 'there is no expression: expected one that tells what is searched', place)]
  }
  try {
    return base.flatMap(of => {
      const fault = faultOf(expression, type, typesOf({ base: [of] }, shapes), shapes)
      return fault === undefined ? [] : [error('business-rule', `'${expression}' ${fault} in ${of}`, place)]
    })
  } catch (cause) {
    if (!(cause instanceof FhirError)) throw cause
    return cause.issues.map(({ diagnostics }) => error('business-rule', diagnostics, place))
  }
}

/** Of what is left to the engine, the types of what it finds are only known once it finds something. */
function faultOf(
  expression: string,
  parameter: SearchParameter['type'],
  types: readonly string[],
  shapes: Shapes,
): string | undefined {
  const found = new Set<string>()
  for (const type of types) {
    const place = { type, resourceType: type, shapes }
    const getter = compileGetter(expression, place)
    if (getter.types === undefined) {
      const missing = missingElement(expression, place)
      return missing && `names ${missing}, which does not exist,`
    }
    for (const each of getter.types) found.add(each)
  }
  return mismatch([...found], parameter)
}
