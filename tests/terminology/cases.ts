/** Questions of terminology as data: resources, a question, and what the answer must have. Each file of `cases/` is a list of them. */
import { readdirSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { FhirError, type Issue } from '../../src/fhir/issue.ts'
import { parseJson } from '../../src/fhir/json.ts'
import { isObject, type Json, type JsonObject, type Resource } from '../../src/fhir/resource.ts'
import { objectsOf, textOf } from '../../src/terminology/element.ts'
import { currencies } from '../../src/terminology/resource/grammar/currencies.ts'
import { languages } from '../../src/terminology/resource/grammar/languages.ts'
import { mediaTypes } from '../../src/terminology/resource/grammar/media-types.ts'
import { ucum } from '../../src/terminology/resource/grammar/ucum.ts'
import { overlay, type Terminology, terminologyOf } from '../../src/terminology/value-set/terminology.ts'

export type Case = {
  readonly name: string
  readonly ask: JsonObject
  readonly expect: JsonObject
}
type CaseFile = {
  /** Names of files in `cases/resources`. */
  readonly uses?: readonly string[]
  readonly resources?: readonly Resource[]
  readonly cases: readonly Case[]
}

const folder = new URL('./cases/', import.meta.url)

export function read(name: string): CaseFile {
  return parseJson(readFileSync(new URL(name, folder), 'utf8')) as unknown as CaseFile
}

const grammars = [currencies(), languages(), mediaTypes(), ucum()]

/** What every Kiln knows without a resource. */
export const builtIn: Terminology = {
  codeSystem: url => grammars.find(system => system.facts.url === url),
  versions: () => [],
  valueSet: () => undefined,
  supplement: () => undefined,
  systemOfAll: valueSet => grammars.find(system => system.facts.valueSet === valueSet)?.facts.url,
}

export function resourcesOf({ uses = [], resources = [] }: CaseFile): readonly Resource[] {
  return [...uses.flatMap(name => read(`resources/${name}.json`) as unknown as Resource[]), ...resources]
}

/** Runs each case of the files whose names begin so. */
export function runCases(prefix: string, run: (ask: JsonObject, terminology: Terminology) => JsonObject): void {
  const names = readdirSync(folder).filter(name => name.startsWith(prefix) && name.endsWith('.json'))
  if (names.length === 0) throw new Error(`no cases are called ${prefix}`)
  for (const name of names) {
    t.test(name.replace('.json', ''), async t => {
      const file = read(name)
      const terminology = overlay(terminologyOf(resourcesOf(file)), builtIn)
      for (const { name: title, ask, expect } of file.cases) {
        t.test(title, async t =>
          check(
            answer(() => run(ask, terminology)),
            expect,
            t,
          ),
        )
      }
    })
  }
}

/** Each element that is expected, exactly; of objects, what is named. */
export function check(answer: JsonObject, expect: JsonObject, t: Test, path = ''): void {
  for (const [name, value] of Object.entries(expect)) {
    const found = answer[name]
    if (isObject(value) && isObject(found)) check(found, value, t, `${path}${name}.`)
    else t.same(found ?? null, value, `${path}${name}`)
  }
  if (expect['error'] === undefined && path === '') t.equal(answer['error'], undefined, 'no error')
}

function answer(run: () => JsonObject): JsonObject {
  try {
    return run()
  } catch (thrown) {
    if (!(thrown instanceof FhirError)) throw thrown
    return { status: thrown.status, error: thrown.issues.map(printIssue) }
  }
}

/** `error not-found ValueSet.compose.include[0].system: A definition for …` */
export function printIssue({ severity, code, expression, diagnostics }: Issue): string {
  return `${severity} ${code}${expression === undefined ? '' : ` ${expression}`}: ${diagnostics}`
}

/** The codes of an expansion, those within others indented. */
export function codesIn(expansion: JsonObject, depth = 0): readonly string[] {
  return objectsOf(expansion, 'contains').flatMap(item => [
    `${'  '.repeat(depth)}${textOf(item, 'code')}`,
    ...codesIn(item, depth + 1),
  ])
}

/** Parameters as an object; of several with one name, a list. */
export function parametersIn(list: readonly JsonObject[]): JsonObject {
  const found: Record<string, Json> = {}
  for (const parameter of list) {
    const name = textOf(parameter, 'name') ?? ''
    const key = Object.keys(parameter).find(each => each.startsWith('value') || each === 'resource' || each === 'part')
    const value = key === undefined ? null : (parameter[key] ?? null)
    const before = found[name]
    if (before === undefined) found[name] = value
    else found[name] = Array.isArray(before) && !isObject(before) ? [...before, value] : [before, value]
  }
  return found
}
