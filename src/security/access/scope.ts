/** SMART scopes about resources, of both versions. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import type { Letter } from './access.ts'

export type ResourceScope = {
  readonly context: 'patient' | 'user' | 'system'
  /** `*`: all. */
  readonly type: string
  readonly letters: readonly Letter[]
  /** In search syntax, as it stands in the scope: `category=vital-signs`. */
  readonly criteria?: string
}

const form = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]*)\.(read|write|\*|c?r?u?d?s?)(?:\?(.+))?$/

/** What SMART 1 calls them: https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources */
const earlier: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' }

/** `undefined`: this scope is not about resources (`openid`, `launch/patient`), or is none. */
export function parseScope(text: string): ResourceScope | undefined {
  const [, context, type, letters, criteria] = form.exec(text) ?? []
  if (context === undefined || type === undefined || !letters) return undefined
  if (criteria !== undefined && type === '*') return undefined // criteria mean something for one type alone
  return {
    context: context as ResourceScope['context'],
    type,
    letters: [...(earlier[letters] ?? letters)] as Letter[],
    ...(criteria === undefined ? {} : { criteria }),
  }
}

/** Those of a token that are about resources. */
export function resourceScopes(scope: string): readonly ResourceScope[] {
  return scope.split(' ').flatMap(text => parseScope(text) ?? [])
}

/** What a person may do as such: policies say what that is. */
export function isUserScope(text: string): boolean {
  return text.startsWith('user/')
}
