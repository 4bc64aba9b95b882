/** Which resource each entry writes, and what its fullUrl stands for from now on. */
import { fail } from '../../fhir/issue.ts'
import type { Key, Version } from '../../store/port.ts'
import { mustMatch } from '../conditional/patch.ts'
import type { Context } from '../interaction.ts'
import type { Choice, Choices } from './choose.ts'
import { isRead } from './order.ts'
import { placed, type Step } from './step.ts'

export type Identities = {
  /** By entry index, for entries that write: one resource each, but a conditional delete may have none or several. */
  readonly keys: ReadonlyMap<number, readonly Key[]>
  /** By entry index, for conditional creates that create nothing: what is there instead. */
  readonly found: ReadonlyMap<number, Instead>
  /** fullUrl → `Patient/123` */
  readonly urls: ReadonlyMap<string, string>
  /** `Patient/123` of the entries that create. */
  readonly created: ReadonlySet<string>
}

/** `version`: as it stands in the store; absent for what another entry of the transaction is about to create. */
export type Instead = { readonly key: Key; readonly version?: Version }

/** "If any resource identities … overlap …, then the transaction SHALL fail." https://hl7.org/fhir/R4/http.html#trules */
export async function identify(
  { newId, turn }: Context,
  steps: readonly Step[],
  choices: Choices,
): Promise<Identities> {
  const keys = new Map<number, readonly Key[]>()
  const found = new Map<number, Instead>()
  const urls = new Map<string, string>()
  const writers: Writers = new Map()
  const makers: Makers = new Map()
  for (const step of steps) {
    await turn()
    const { index, at, request } = step
    if (isRead(request)) continue
    const choice = choices.get(index)
    const instead = insteadOf(step, choice, makers)
    const own = instead ? [] : placed(`${at}.request.url`, () => keysOf(step, choice, makers, newId))
    if (instead) found.set(index, instead)
    else keys.set(index, own)
    for (const key of own) writeOnce(step, key, writers)
    nameUrl(step, instead?.key ?? own[0], urls)
  }
  const created = [...writers].filter(([, { request }]) => request.method === 'POST').map(([name]) => name)
  return { keys, found, urls, created: new Set(created) }
}

/** By `Patient/123`. */
type Writers = Map<string, Step>

function writeOnce(step: Step, key: Key, writers: Writers): void {
  const name = nameOf(key)
  const other = writers.get(name)
  if (other) {
    throw fail('invalid', `${name} is written by two entries, here and in ${other.at}`, `${step.at}.request.url`)
  }
  writers.set(name, step)
}

/** Of a patch and a delete the fullUrl names nothing new. */
function nameUrl({ at, request, fullUrl, resource }: Step, key: Key | undefined, urls: Map<string, string>): void {
  if (fullUrl === undefined || !resource || !key || request.method === 'PATCH') return
  if (urls.has(fullUrl)) throw fail('invalid', `two entries have the fullUrl '${fullUrl}'`, `${at}.fullUrl`)
  urls.set(fullUrl, nameOf(key))
}

/** By claim: the entry that makes what the criteria do not find. */
type Makers = Map<string, { readonly step: Step; readonly key: Key }>

/** Two entries that create by the same criteria mean the same resource: the first makes it, and the second finds it there. */
function insteadOf({ request }: Step, choice: Choice | undefined, makers: Makers): Instead | undefined {
  if (!choice || request.method !== 'POST') return undefined
  const [match] = choice.matches
  if (match) return { key: { tenant: match.tenant, type: match.type, id: match.id }, version: match }
  const maker = makers.get(choice.look.criteria.claim)
  return maker?.step.request.method === 'POST' ? { key: maker.key } : undefined
}

function keysOf(step: Step, choice: Choice | undefined, makers: Makers, newId: () => string): readonly Key[] {
  const { request, resource } = step
  const { tenant, method, target } = request
  const key = (id: string): Key => ({ tenant, type: target.type, id })
  if (!choice) return [key(method === 'POST' ? newId() : target.id)]
  const { look, matches } = choice
  if (method === 'DELETE') return matches.map(({ id }) => key(id))
  const [match] = matches
  if (method === 'PATCH') return [key(mustMatch(look.criteria, match).id)]
  if (match) return [key(match.id)]
  const made = key((method === 'PUT' ? resource?.id : undefined) ?? newId())
  makeOnce(step, look.criteria.claim, made, makers)
  return [made]
}

function makeOnce(step: Step, claim: string, key: Key, makers: Makers): void {
  const other = makers.get(claim)
  if (other) throw fail('invalid', `the same criteria would make a resource twice, here and in ${other.step.at}`)
  makers.set(claim, { step, key })
}

export function nameOf({ type, id }: Pick<Key, 'type' | 'id'>): string {
  return `${type}/${id}`
}
