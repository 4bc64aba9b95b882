/** Questions to operations as data, each asked in every way in which it can be: of resources that came along, and of stored ones. */
import { readFileSync } from 'node:fs'
import type { Test } from 'tap'
import { objectsOf, textOf } from '../../../src/terminology/element.ts'
import { parametersIn } from '../../terminology/cases.ts'
import type { Loose, Reply, World } from '../../world.ts'
import { operating } from '../operating.ts'
import { idOf, resources, stored } from './resources.ts'

export type Case = {
  readonly name: string
  /** By name; a list is a parameter that repeats. */
  readonly ask: Readonly<Record<string, Loose>>
  /** Asked of the stored code system of this URL: `url`, or `url|version`. */
  readonly of?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Each of these, exactly; `null`: absent. */
  readonly expect: Readonly<Record<string, Loose>>
}

const types: Readonly<Record<string, string>> = {
  url: 'Uri',
  system: 'Uri',
  version: 'String',
  display: 'String',
  date: 'DateTime',
  useSupplement: 'Canonical',
  'system-version': 'Canonical',
  'check-system-version': 'Canonical',
  'force-system-version': 'Canonical',
  'cache-id': 'Id',
  coding: 'Coding',
  codingA: 'Coding',
  codingB: 'Coding',
  codeableConcept: 'CodeableConcept',
}

function parameter(name: string, value: Loose): Loose {
  if (typeof value === 'boolean') return { name, valueBoolean: value }
  if (value?.resourceType !== undefined) return { name, resource: value }
  if (value?.part !== undefined) return { name, part: value.part }
  return { name, [`value${types[name] ?? 'Code'}`]: value }
}

function each(ask: Case['ask']): readonly (readonly [string, Loose])[] {
  return Object.entries(ask).flatMap(([name, value]) => [value].flat().map(one => [name, one] as const))
}

export function body({ ask }: Case, sent: readonly Loose[]): Loose {
  const given = each(ask).map(([name, value]) => parameter(name, value))
  const parameters = [...given, ...sent.map(resource => ({ name: 'tx-resource', resource }))]
  return { resourceType: 'Parameters', ...(parameters.length === 0 ? {} : { parameter: parameters }) }
}

/** `undefined`: it has something that a URL cannot carry. */
export function query({ ask }: Case): string | undefined {
  const all = each(ask)
  if (all.some(([, value]) => typeof value === 'object')) return undefined
  return new URLSearchParams(all.map(([name, value]): [string, string] => [name, String(value)])).toString()
}

/** Those of `cases/`. `stored` is a tenant that has all the resources; the default one has none. */
export function runCases(name: string): Promise<void> {
  const cases: readonly Case[] = JSON.parse(readFileSync(new URL(`./cases/${name}.json`, import.meta.url), 'utf8'))
  return operating(async (t, open) => {
    const world = await open()
    await store(world)
    for (const one of cases) await t.test(one.name, t => run(t, world, `$${name}`, one))
  })
}

export async function store(world: World): Promise<void> {
  for (const resource of stored) {
    const reply = await world.ask('PUT', `${resource.resourceType}/${resource['id']}`, resource, {
      'x-tenant': 'stored',
    })
    if (reply.status !== 201) throw new Error(reply.json)
  }
}

async function run(t: Test, world: World, operation: string, one: Case): Promise<void> {
  const { of, headers = {}, expect } = one
  const inStored = { ...headers, 'x-tenant': 'stored' }
  const path = of === undefined ? `CodeSystem/${operation}` : `CodeSystem/${idOf(...split(of))}/${operation}`
  if (of === undefined)
    check(t, told(await world.ask('POST', path, body(one, resources), headers)), expect, 'sent along: ')
  check(t, told(await world.ask('POST', path, body(one, []), inStored)), expect, 'stored: ')
  const asked = query(one)
  if (asked !== undefined)
    check(t, told(await world.ask('GET', `${path}?${asked}`, undefined, inStored)), expect, 'GET: ')
}

function split(canonical: string): [url: string, version?: string] {
  const [url = '', version] = canonical.split('|')
  return version === undefined ? [url] : [url, version]
}

export function check(t: Test, answer: Loose, expect: Case['expect'], how = ''): void {
  for (const [name, value] of Object.entries(expect)) t.same(answer[name] ?? null, value, `${how}${name}`)
  if (expect['error'] === undefined) t.equal(answer.error, undefined, `${how}no error`)
}

/** An answer in few words. */
export function told({ status, body }: Reply): Loose {
  if (body.resourceType === 'OperationOutcome') return { status, error: body.issue.map(printIssue) }
  const parameters = objectsOf(body, 'parameter') as readonly Loose[]
  const named = (name: string): readonly Loose[] => parameters.filter(parameter => parameter.name === name)
  const list = (name: string, print: (parts: readonly Loose[]) => string): Loose => {
    const all = named(name).map(({ part }) => print(part))
    return all.length === 0 ? undefined : all
  }
  return {
    status,
    ...parametersIn(parameters.filter(({ part }) => part === undefined)),
    designation: list('designation', printDesignation),
    property: list('property', printProperty),
    match: list('match', printMatch),
    issues: named('issues').flatMap(({ resource }) => resource.issue.map(printFinding)),
  }
}

function printIssue({ severity, code, expression, diagnostics }: Loose): string {
  return `${severity} ${code}${expression === undefined ? '' : ` ${expression}`}: ${diagnostics}`
}

/** `error code-invalid invalid-code Coding.code` */
function printFinding(issue: Loose): string {
  const type = issue.details?.coding?.[0]?.code
  return [issue.severity, issue.code, type, ...(issue.expression ?? [])].join(' ')
}

function part(parts: readonly Loose[], name: string): Loose {
  const found = parts.find(each => each.name === name)
  const key = Object.keys(found ?? {}).find(each => each.startsWith('value'))
  return key === undefined ? undefined : found[key]
}

/** `de Wasser`, `en [900000000000013009] Moggy` */
function printDesignation(parts: readonly Loose[]): string {
  const use = part(parts, 'use')
  return [part(parts, 'language'), use && `[${use.code}]`, part(parts, 'value')].filter(Boolean).join(' ')
}

/** `parent=mammal (Mammal)`, `valueInteger legs=4` for all but codes */
function printProperty(parts: readonly Loose[]): string {
  const value = parts.find(each => each.name === 'value')
  const type = Object.keys(value ?? {}).find(each => each.startsWith('value'))
  const inner = parts.filter(each => each.name === 'subproperty').map(each => printProperty(each.part))
  if (inner.length > 0) return `${part(parts, 'code')}{${inner.join(', ')}}`
  const found = part(parts, 'value')
  const text = typeof found === 'object' ? `${found.system}#${found.code}` : found
  const description = part(parts, 'description')
  return `${type === 'valueCode' ? '' : `${type?.slice(5)} `}${part(parts, 'code')}=${text}${description === undefined ? '' : ` (${description})`}`
}

/** `cat`, `dog without diet=meat: 1 of 2 properties match` */
function printMatch(parts: readonly Loose[]): string {
  const unmatched = parts.filter(each => each.name === 'unmatched').map(each => printUnmatched(each.part))
  const comment = part(parts, 'comment')
  const lacks = unmatched.length === 0 ? '' : ` without ${unmatched.join(', ')}`
  return `${textOf(part(parts, 'code'), 'code')}${lacks}${comment === undefined ? '' : `: ${comment}`}`
}

function printUnmatched(parts: readonly Loose[]): string {
  const inner = parts.filter(each => each.name === 'property').map(each => printUnmatched(each.part))
  return inner.length > 0 ? `${part(parts, 'code')}{${inner.join(', ')}}` : printProperty(parts)
}
