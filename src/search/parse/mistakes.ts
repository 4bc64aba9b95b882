/** All mistakes of a request are told at once. https://hl7.org/fhir/R4/search.html#errors */
import { FhirError, type Issue, isError, parameterAt } from '../../fhir/issue.ts'
import { shown } from './known.ts'

/**
 * "Server SHALL reject any search request that contains is suffixed by a modifier that the server does not support for that
 * parameter": lenient handling does not forgive it. https://hl7.org/fhir/R4/search.html#modifiers
 */
export class UnfitModifier extends FhirError {
  constructor(text: string) {
    super([{ severity: 'error', code: 'not-supported', diagnostics: text }], { status: 400 })
  }
}

/** What is read, or `undefined` where it cannot be. `name`: of the parameter that is to blame; `undefined`: all of them. */
type Reading = <T>(name: string | undefined, read: () => T) => T | undefined

export type Mistakes = {
  /** A mistake is an error, under lenient handling a warning. */
  readonly attempt: Reading
  /** A mistake is an error under any handling: to answer all the same would not be what was asked for. */
  readonly insist: Reading
  /** The warnings; throws if there are errors. */
  readonly settle: () => readonly Issue[]
}

export function collect(handling: 'strict' | 'lenient'): Mistakes {
  const issues: Issue[] = []

  function reading(severity: 'error' | 'warning'): Reading {
    return (name, read) => {
      try {
        return read()
      } catch (error) {
        issues.push(...refusalOf(error, severity, name))
        return undefined
      }
    }
  }

  return {
    attempt: reading(handling === 'strict' ? 'error' : 'warning'),
    insist: reading('error'),
    settle() {
      const errors = issues.filter(isError)
      if (errors.length > 0) throw new FhirError(errors, { status: 400 })
      return issues
    },
  }
}

/** What a client is told of a refusal with status 400; anything else goes its way. `name`: of the parameter. */
export function refusalOf(error: unknown, severity: 'error' | 'warning', name?: string): readonly Issue[] {
  if (!(error instanceof FhirError) || error.status !== 400) throw error
  const issues = error.issues.map(issue => ({
    ...(name === undefined ? {} : { expression: parameterAt(shown(name)) }),
    ...issue,
  }))
  if (error instanceof UnfitModifier) return issues
  const left = severity === 'warning' ? ' (left out of the search)' : ''
  return issues.map(issue => ({ ...issue, severity, diagnostics: `${issue.diagnostics}${left}` }))
}
