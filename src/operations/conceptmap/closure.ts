/** Subsumption kept up to date in a client. https://hl7.org/fhir/R4/conceptmap-operation-closure.html */
import type * as conformance from '../../conformance/artifact.ts'
import { error, FhirError, fail } from '../../fhir/issue.ts'
import { isObject, type Resource } from '../../fhir/resource.ts'
import type { Context, FhirRequest } from '../../interactions/interaction.ts'
import { isOvertaken, refusal } from '../../interactions/refusal.ts'
import { retried } from '../../interactions/replace.ts'
import { put } from '../../interactions/write.ts'
import type { Condition, Key } from '../../store/port.ts'
import { textOf } from '../../terminology/element.ts'
import type { Input } from '../kernel/input.ts'
import type { Call, Operation } from '../kernel/operation.ts'
import { newEntries } from './closure-entries.ts'
import { type Added, type ClosureTable, idFor, keyOf, printStep } from './closure-table.ts'
import { type Tables, tables } from './closure-tables.ts'

const mostAdded = 1_000 // concepts in one request
/** Each request goes through all of them. */
const mostConcepts = 50_000
const longestName = 1_000 // characters

export function closure(definition: conformance.Operation): Operation {
  const known = tables()
  return {
    definition,
    unknown: 'ignore',
    affectsState: true,
    scope: 'c',
    cost: 20,
    run: (ctx, call) => keep(ctx, call, known),
  }
}

async function keep(ctx: Context, { request, input }: Call, known: Tables): Promise<Resource> {
  const name = nameIn(input)
  const added = addedIn(input)
  const version = input.text('version')
  const place = { request, name, key: { tenant: request.tenant, type: 'Basic', id: idFor(name) }, known }
  if (added.length === 0 && version === undefined) {
    const table = await retried(() => begin(ctx, place))
    return news(ctx, name, table, table.version)
  }
  const { table, before } = await retried(() => add(ctx, place, added))
  return news(ctx, name, table, version === undefined ? before : versionIn(version, name, table))
}

type Position = {
  readonly request: FhirRequest
  readonly name: string
  readonly key: Key
  readonly known: Tables
}

/** "Providing only a name": a new table, or an empty one in place of the one that there was. */
async function begin(ctx: Context, place: Position): Promise<ClosureTable | undefined> {
  const current = await ctx.store.read(place.key)
  const when = current?.json === undefined ? 'absent' : { version: current.version }
  const resource = printStep(place.name, 'begin', [])
  return (await isWritten(ctx, place, resource, when)) ? place.known.of(ctx.store, place.key) : undefined
}

/** `before`: the version that the client has, as far as one knows. */
async function add(
  ctx: Context,
  place: Position,
  added: readonly Added[],
): Promise<{ readonly table: ClosureTable; readonly before: number } | undefined> {
  const { name, key, known } = place
  const table = await known.of(ctx.store, key)
  if (table === undefined) throw mustBegin(name)
  const fresh = [...new Map(added.map(each => [keyOf(each), each]))].filter(([id]) => !table.concepts.has(id))
  if (fresh.length === 0) return { table, before: table.version }
  const count = table.concepts.size + fresh.length
  if (count > mostConcepts) {
    const text = `the closure table '${name}' would have ${count} concepts: expected at most ${mostConcepts}`
    throw fail('too-costly', text, undefined, { status: 422 })
  }
  const concepts = fresh.map(([, concept]) => concept)
  const resource = printStep(name, 'add', concepts)
  if (!(await isWritten(ctx, place, resource, { version: table.version }))) return undefined
  const next = await known.of(ctx.store, key)
  return next && { table: next, before: table.version }
}

/** `false`: somebody else was faster. */
async function isWritten(
  ctx: Context,
  { request, key }: Position,
  resource: Resource,
  when: Condition,
): Promise<boolean> {
  const it = { tenant: key.tenant, writes: [{ ...put(ctx, request, key, resource, 'PUT'), when }] }
  const outcome = await ctx.store.commit(it)
  if (outcome.ok) return true
  if (isOvertaken(outcome)) return false
  throw refusal(it, outcome)
}

/** "A list of new entries … that the client should add to its closure table." */
async function news(ctx: Context, name: string, table: ClosureTable, since: number): Promise<Resource> {
  const { memberships } = await ctx.vocabulary()
  const group = await newEntries(table, since, memberships.terminology, ctx.turn)
  return {
    resourceType: 'ConceptMap',
    id: ctx.newId(),
    version: String(table.version),
    name: `Updates for Closure Table ${name}`,
    status: 'active',
    experimental: true,
    date: now(ctx),
    ...(group.length === 0 ? {} : { group }),
  }
}

function now({ clock }: Context): string {
  return new Date(clock()).toISOString()
}

function nameIn(input: Input): string {
  const name = input.text('name') ?? ''
  if (name.length <= longestName) return name
  throw fail('too-long', `the name has ${name.length} characters: expected at most ${longestName}`, 'name', {
    status: 400,
  })
}

function addedIn(input: Input): readonly Added[] {
  const given = input.all('concept')
  if (given.length > mostAdded) {
    const text = `the request has ${given.length} concepts: expected at most ${mostAdded}; send the others in another`
    throw fail('too-costly', text, 'Parameters.parameter', { status: 422 })
  }
  const issues = given.flatMap(({ value, at = '' }) => {
    const lacking = isObject(value) ? ['system', 'code'].find(part => textOf(value, part) === undefined) : 'code'
    return lacking === undefined ? [] : [error('required', `the concept has no ${lacking}`, `${at}.value.${lacking}`)]
  })
  if (issues.length > 0) throw new FhirError(issues)
  return given.flatMap(({ value }) => {
    if (!isObject(value)) return []
    const version = textOf(value, 'version')
    const [system = '', code = ''] = [textOf(value, 'system'), textOf(value, 'code')]
    return [{ system, ...(version === undefined ? {} : { version }), code }]
  })
}

function versionIn(text: string, name: string, { start, version }: ClosureTable): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (number >= start && number <= version) return number
  const known = start === version ? `there is ${start}` : `there are ${start} to ${version}`
  throw fail('not-found', `the closure table '${name}' has no version '${text}': ${known}`, 'version')
}

/** "…must be reinitialized": the words by which clients know that they have to begin anew. */
function mustBegin(name: string): Error {
  return fail('not-found', `closure "${name}" must be reinitialized`)
}
