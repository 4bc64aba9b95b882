/** What may be asked for, and what of it a client may have. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import type { Letter } from '../access/access.ts'
import { parseScope, type ResourceScope } from '../access/scope.ts'

/** Those that are about no resources. */
export const plainScopes = [
  ...['openid', 'profile', 'fhirUser', 'offline_access', 'online_access'],
  ...['launch', 'launch/patient', 'launch/encounter'],
] as const

const plain: ReadonlySet<string> = new Set(plainScopes)

/** What an app may ask for whose registration says nothing else. What acts without anybody has to be allowed by name. */
export const usual = [...plainScopes, 'patient/*.cruds', 'user/*.cruds'].join(' ')

/** As discovery tells it: whatever can be had by anybody. */
export const supported = [...usual.split(' '), 'system/*.cruds']

export function split(scope: string | undefined): readonly string[] {
  return [...new Set((scope ?? '').split(' ').filter(text => text !== ''))]
}

/** Of what was asked for, what is allowed; where less than one scope is allowed, that part of it. */
export function narrow(
  asked: readonly string[],
  allowed: readonly string[],
  types: readonly string[],
): readonly string[] {
  const limits = allowed.flatMap(text => parseScope(text) ?? [])
  const granted = asked.flatMap(text => {
    if (plain.has(text)) return allowed.includes(text) ? [text] : []
    const scope = parseScope(text)
    if (!scope || !(scope.type === '*' || types.includes(scope.type))) return []
    const parts = limits.flatMap(limit => overlap(scope, limit) ?? [])
    return parts.some(part => isWhole(scope, part)) ? [text] : parts.map(print)
  })
  return [...new Set(granted)]
}

function overlap(scope: ResourceScope, limit: ResourceScope): ResourceScope | undefined {
  if (scope.context !== limit.context) return undefined
  if (scope.type !== '*' && limit.type !== '*' && scope.type !== limit.type) return undefined
  const letters = scope.letters.filter(letter => limit.letters.includes(letter))
  if (letters.length === 0) return undefined
  const criteria = [...new Set([scope.criteria, limit.criteria].filter(text => text !== undefined))].join('&')
  return {
    context: scope.context,
    type: scope.type === '*' ? limit.type : scope.type,
    letters,
    ...(criteria === '' ? {} : { criteria }),
  }
}

function isWhole(scope: ResourceScope, { type, letters, criteria }: ResourceScope): boolean {
  return type === scope.type && letters.length === scope.letters.length && criteria === scope.criteria
}

const order: readonly Letter[] = ['c', 'r', 'u', 'd', 's']

function print({ context, type, letters, criteria }: ResourceScope): string {
  const text = `${context}/${type}.${order.filter(letter => letters.includes(letter)).join('')}`
  return criteria === undefined ? text : `${text}?${criteria}`
}

/** Whether what was granted is about one patient, so that one must be chosen. */
export function needsPatient(scopes: readonly string[]): boolean {
  return scopes.some(text => text === 'launch/patient' || parseScope(text)?.context === 'patient')
}

/** Scopes that may be had without anybody being there. */
export function isOfSystem(text: string): boolean {
  return parseScope(text)?.context === 'system'
}
