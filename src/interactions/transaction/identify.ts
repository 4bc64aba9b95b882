/** Which resource each entry writes, and what its fullUrl stands for from now on. */
import { fail } from '../../fhir/issue.ts'
import type { Key } from '../../store/port.ts'
import type { Context } from '../interaction.ts'
import type { Step } from './step.ts'

export type Identities = {
  /** By entry index, for entries that write. */
  readonly keys: ReadonlyMap<number, Key>
  /** fullUrl → `Patient/123` */
  readonly urls: ReadonlyMap<string, string>
  /** `Patient/123` of the entries that create. */
  readonly created: ReadonlySet<string>
}

/** "If any resource identities … overlap …, then the transaction SHALL fail." https://hl7.org/fhir/R4/http.html#trules */
export function identify({ newId }: Context, steps: readonly Step[]): Identities {
  const keys = new Map<number, Key>()
  const urls = new Map<string, string>()
  const created = new Set<string>()
  const writers = new Map<string, string>()
  for (const { index, at, request, fullUrl, resource } of steps) {
    const { tenant, method, target } = request
    if (method === 'GET' || method === 'HEAD') continue
    const key = { tenant, type: target.type, id: method === 'POST' ? newId() : target.id }
    const name = `${key.type}/${key.id}`
    const other = writers.get(name)
    if (other) throw fail('invalid', `${name} is written by two entries, here and in ${other}`, `${at}.request.url`)
    writers.set(name, at)
    keys.set(index, key)
    if (method === 'POST') created.add(name)
    if (fullUrl === undefined || !resource || method === 'PATCH') continue
    if (urls.has(fullUrl)) throw fail('invalid', `two entries have the fullUrl '${fullUrl}'`, `${at}.fullUrl`)
    urls.set(fullUrl, name)
  }
  return { keys, urls, created }
}
