/** Which definition a coding is to be held against: the one that the value set has it from, else the one that its version names. */
import { printCanonical } from '../canonical.ts'
import type { CodeSystem } from '../code-system.ts'
import { laterVersion } from '../version-order.ts'
import { sameText } from './check-display.ts'
import type { UnknownSystem } from './clause.ts'
import { wordsFor } from './language.ts'
import { hasCode, isDoubtful, type Selection } from './selection.ts'
import { type TxIssue, txIssue } from './tx-issue.ts'
import type { Coding, Place, ValidateRequest } from './validate-request.ts'
import { meets } from './version-pattern.ts'
import { findSystem, resolveSystem, unknownSystem } from './version-rules.ts'

/** The code system that is not known; `causedBy`: nothing is wrong with the code, as far as one can tell without it. */
export type Unknown = { readonly canonical: string; readonly causedBy: boolean }

export type Located = {
  readonly system: CodeSystem | undefined
  /** The part of the value set that is of this system. */
  readonly selection: Selection | undefined
  readonly issues: readonly TxIssue[]
  readonly unknown?: Unknown
}

export function located(coding: Coding & { readonly system: string }, at: Place, request: ValidateRequest): Located {
  const { terminology, rules, members } = request
  const { system: url, version } = coding
  const all = members?.selections.get(url) ?? none
  const selection = all.length === 0 ? undefined : chosen(all, coding)
  if (selection !== undefined && rules.check.length === 0) return { system: selection.system, selection, issues: [] }
  const resolved = resolveSystem(terminology, rules, url, (selection ?? all[0])?.version ?? version)
  const forbidden = resolved.forbidden === undefined ? [] : [{ ...resolved.forbidden, expression: at.version }]
  if (selection !== undefined) return { system: selection.system, selection, issues: forbidden }
  const [first] = all
  if (first !== undefined && version !== undefined) return mismatch(coding, version, first, at, request, forbidden)
  const needed = members?.unknown.find(each => each.url === url)
  if (resolved.system !== undefined && needed === undefined) {
    return { system: resolved.system, selection: undefined, issues: forbidden }
  }
  return missing(coding, needed?.version ?? resolved.wanted, needed, at, request)
}

const none: readonly Selection[] = []

/** Of a version that fits; best one that has the code, by the display that it came with, and the latest of these. */
function chosen(all: readonly Selection[], { version, code = '', display }: Coding): Selection | undefined {
  const fitting =
    version === undefined ? all : all.filter(each => each.version !== undefined && meets(each.version, version))
  if (fitting.length < 2) return fitting[0]
  const latest = fitting.toSorted((a, b) => laterVersion(b.version ?? '', a.version ?? ''))
  const having = latest.filter(each => hasCode(each, code))
  const [first = latest.find(each => isDoubtful(each, code)) ?? latest[0]] = having
  return having.find(each => isCalled(each, code, display)) ?? first
}

function isCalled({ system }: Selection, code: string, display: string | undefined): boolean {
  const concept = display === undefined ? undefined : system?.find(code)
  if (system === undefined || concept === undefined || display === undefined) return false
  return wordsFor(system, concept, undefined).some(word => sameText(word.value, display))
}

/** `needed`: the value set itself cannot do without it. */
function missing(
  { system: url, version }: Coding & { readonly system: string },
  wanted: string | undefined,
  needed: UnknownSystem | undefined,
  at: Place,
  { terminology, members }: ValidateRequest,
): Located {
  const issues = [unknownSystem(terminology, url, wanted, 'code cannot be validated', at.system)]
  if (needed?.version !== undefined && version !== undefined) issues.unshift(differs(url, needed.version, version, at))
  const hasOthers = wanted !== undefined && terminology.versions(url).length > 0
  const canonical = printCanonical(url, hasOthers ? wanted : undefined)
  const unknown = { canonical, causedBy: hasOthers || needed !== undefined || members === undefined }
  return { system: undefined, selection: undefined, issues, unknown }
}

/** The value set has the code in one version, the value is of another. */
function mismatch(
  { system: url }: Coding & { readonly system: string },
  version: string,
  selection: Selection,
  at: Place,
  { terminology }: ValidateRequest,
  issues: readonly TxIssue[],
): Located {
  const different = unlike(selection, version, at)
  const known = { system: selection.system, selection, issues: [...issues, different] }
  if (findSystem(terminology, url, version) !== undefined) return known
  const lacking = unknownSystem(terminology, url, version, 'code cannot be validated', at.system)
  return {
    ...known,
    issues: [...known.issues, lacking],
    unknown: { canonical: printCanonical(url, version), causedBy: true },
  }
}

/** Why: the include says so, a rule of the request made it so, or the include leaves it open and the latest is another. */
function unlike({ url, system, said, wanted, version: found = '' }: Selection, version: string, at: Place): TxIssue {
  const what = { code: 'invalid', type: 'vs-invalid', at: at.version } as const
  const named = `The code system '${url}' version`
  const other = `in the ValueSet include is different to the one in the value ('${version}')`
  if (wanted === undefined) {
    const severity = system?.facts.versionNeeded === true ? 'error' : 'warning'
    const text = `${named} '${found}' for the versionless include ${other}`
    return txIssue({ ...what, severity, id: 'VALUESET_VALUE_MISMATCH_DEFAULT', text })
  }
  if (wanted === said) return differs(url, said, version, at)
  const text = `${named} '${wanted}' resulting from the version '${said ?? ''}' ${other}`
  return txIssue({ ...what, id: 'VALUESET_VALUE_MISMATCH_CHANGED', text })
}

function differs(url: string, included: string, version: string, at: Place): TxIssue {
  const text = `The code system '${url}' version '${included}' in the ValueSet include is different to the one in the value ('${version}')`
  return txIssue({ code: 'invalid', type: 'vs-invalid', id: 'VALUESET_VALUE_MISMATCH', text, at: at.version })
}
