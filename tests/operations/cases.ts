/** The cases of `tests/terminology/cases`, asked through operations: their resources travel with each question, as `tx-resource`. */
import { readdirSync } from 'node:fs'
import type { Test } from 'tap'
import { isObject, type Json, type JsonObject } from '../../src/fhir/resource.ts'
import { objectOf, objectsOf, textOf } from '../../src/terminology/element.ts'
import { membershipsOf } from '../../src/terminology/value-set/membership.ts'
import { builtIn, check, parametersIn, read, resourcesOf } from '../terminology/cases.ts'
import type { Loose, Reply, World } from '../world.ts'
import type { operating } from './operating.ts'

type Open = Parameters<Parameters<typeof operating>[0]>[1]

/** What every Kiln knows, and nothing that is stored. */
export async function openBuiltIn(open: Open): Promise<World> {
  const { ctx } = await open()
  const vocabulary = { ...(await ctx.vocabularies.of('default')), memberships: membershipsOf(builtIn) }
  return open({ vocabularies: { of: () => vocabulary } })
}

/** `question`: `undefined` for a case that cannot be asked so; `answer`: what the case tells of the body. */
export async function askCases(
  t: Test,
  world: World,
  prefix: string,
  path: string,
  question: (ask: Loose, expect: Loose) => readonly JsonObject[] | undefined,
  answer: (body: Loose) => JsonObject,
): Promise<void> {
  const folder = new URL('../terminology/cases/', import.meta.url)
  const names = readdirSync(folder).filter(name => name.startsWith(prefix) && name.endsWith('.json'))
  t.ok(names.length > 0, 'there are such cases')
  for (const name of names) {
    await t.test(name.replace('.json', ''), async t => {
      const file = read(name)
      const along = resourcesOf(file).map(resource => ({ name: 'tx-resource', resource }))
      for (const { name: title, ask, expect } of file.cases) {
        const parameter = question(ask, expect)
        if (parameter === undefined) continue
        const reply = await world.ask('POST', path, { resourceType: 'Parameters', parameter: [...parameter, ...along] })
        await t.test(title, async t => check(reply.status === 200 ? answer(reply.body) : refused(reply), expect, t))
      }
    })
  }
}

/** `error not-found ValueSet.compose.include[0].filter[0].value: The system …` */
export function refused({ status, body }: Reply): JsonObject {
  const issues = body.issue.map(({ severity, code, expression, diagnostics }: Loose) => {
    const at = expression === undefined ? '' : ` ${expression}`
    return `${severity} ${code}${at}: ${diagnostics}`
  })
  return { status, error: issues }
}

/** Parameters of a question by name: objects are resources, or Codings and the like; lists are given one by one. */
export function parametersFor(given: Readonly<Record<string, [type: string, value: Loose]>>): readonly JsonObject[] {
  return Object.entries(given).flatMap(([name, [type, value]]) => {
    const values: readonly Loose[] = value === undefined ? [] : Array.isArray(value) ? value : [value]
    return values.map(each => (type === 'resource' ? { name, resource: each } : { name, [`value${type}`]: each }))
  })
}

/** By rules of the case's file, as parameters of a request. */
export function versionsFor(rules: Loose = {}): Readonly<Record<string, [type: string, value: Loose]>> {
  return {
    'system-version': ['Canonical', rules.system],
    'check-system-version': ['Canonical', rules.check],
    'force-system-version': ['Canonical', rules.force],
    'default-valueset-version': ['Canonical', rules.valueSet],
  }
}

/** The answer of $validate-code as cases tell it. */
export function validationIn(body: JsonObject): JsonObject {
  const answer = parametersIn(objectsOf(body, 'parameter'))
  const told = objectsOf(objectOf(answer, 'issues'), 'issue')
  const issues: Json = told.map(issue => {
    const type = textOf(objectsOf(objectOf(issue, 'details'), 'coding')[0], 'code')
    const { expression } = issue
    const at = Array.isArray(expression) && !isObject(expression) ? expression[0] : ''
    return `${textOf(issue, 'severity')} ${textOf(issue, 'code')} ${type} ${at}`.trim()
  })
  return { ...answer, issues, texts: told.map(issue => textOf(objectOf(issue, 'details'), 'text') ?? '') }
}
