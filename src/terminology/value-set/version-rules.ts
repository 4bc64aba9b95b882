/**
 * Which version of a code system a request means. https://hl7.org/fhir/R4/valueset-operation-expand.html: `system-version` says
 * what an include without a version means, `check-system-version` the same and what any must come out as, `force-system-version` what it means
 * whatever it says.
 */
import { type Canonical, parseCanonical, printCanonical } from '../canonical.ts'
import type { CodeSystem } from '../code-system.ts'
import { howToLoad } from '../licensed.ts'
import { isDefined, type Terminology } from './terminology.ts'
import { type TxIssue, txIssue } from './tx-issue.ts'
import { isPattern, latestOf, meets } from './version-pattern.ts'

export type VersionRules = {
  readonly system: readonly Canonical[]
  readonly check: readonly Canonical[]
  readonly force: readonly Canonical[]
  /** `default-valueset-version`: what an import without a version means. */
  readonly valueSet: readonly Canonical[]
  /** Of the value in question: what an include means that leaves the version open. */
  readonly value: readonly Canonical[]
}

export const noRules: VersionRules = { system: [], check: [], force: [], valueSet: [], value: [] }

export function versionRules(given: Readonly<Partial<Record<keyof VersionRules, readonly string[]>>>): VersionRules {
  const read = (texts: readonly string[] = []): readonly Canonical[] => texts.map(parseCanonical)
  return {
    system: read(given.system),
    check: read(given.check),
    force: read(given.force),
    valueSet: read(given.valueSet),
    value: read(given.value),
  }
}

/** For caches: equal rules have equal keys. */
export function keyOf(rules: VersionRules): string {
  return (['system', 'check', 'force', 'valueSet', 'value'] as const)
    .map(kind =>
      rules[kind]
        .map(({ url, version }) => printCanonical(url, version))
        .sort()
        .join(' '),
    )
    .join('\n')
}

export function ruleFor(rules: readonly Canonical[], url: string): string | undefined {
  return rules.find(rule => rule.url === url)?.version
}

export type Resolved = {
  /** Absent: no definition is known that fits. */
  readonly system: CodeSystem | undefined
  /** What was asked for, by the value set, the rules or the value. */
  readonly wanted: string | undefined
  /** Which rule told the version, if any did. */
  readonly told: 'system' | 'check' | 'force' | undefined
  /** `check-system-version` forbids what was found. */
  readonly forbidden: TxIssue | undefined
}

export function resolveSystem(
  terminology: Terminology,
  rules: VersionRules,
  url: string,
  said: string | undefined,
): Resolved {
  if (rules === noRules) {
    return { system: findSystem(terminology, url, said), wanted: said, told: undefined, forbidden: undefined }
  }
  const check = ruleFor(rules.check, url)
  const deciding = [
    ['force', ruleFor(rules.force, url)],
    [undefined, said],
    ['system', ruleFor(rules.system, url)],
    ['check', known(terminology, url, check)],
  ] as const
  const [told, wanted] = deciding.find(([, version]) => version !== undefined) ?? []
  const value = ruleFor(rules.value, url)
  const isOpen = value !== undefined && (wanted === undefined || meets(value, wanted))
  const system = findSystem(terminology, url, isOpen ? value : wanted)
  const found = system?.facts.version
  const isForbidden = check !== undefined && found !== undefined && !meets(found, check)
  const forbidden = isForbidden ? notAllowed(url, found, check) : undefined
  return { system, wanted, told, forbidden }
}

/** What is checked is used, too, but of a version that nobody has there is nothing but to say that it is not met. */
function known(terminology: Terminology, url: string, check: string | undefined): string | undefined {
  return check === undefined || findSystem(terminology, url, check) === undefined ? undefined : check
}

/** A code system that is only named, without any content, is as good as unknown. */
export function findSystem(terminology: Terminology, url: string, wanted: string | undefined): CodeSystem | undefined {
  const system = terminology.codeSystem(url, wanted)
  if (system !== undefined) return isDefined(system) ? system : undefined
  if (wanted === undefined) return undefined
  const found = latestOf(terminology.versions(url), wanted)
  return found === undefined ? undefined : terminology.codeSystem(url, found)
}

function notAllowed(url: string, found: string, check: string): TxIssue {
  return txIssue({
    code: 'exception',
    type: 'version-error',
    id: 'VALUESET_VERSION_CHECK',
    text: `The version '${found}' is not allowed for system '${url}': required to be '${check}' by a version-check parameter`,
  })
}

/** What cannot be done without the definition. */
export type Purpose =
  | 'code cannot be validated'
  | 'code cannot be looked up'
  | 'codes cannot be compared'
  | 'codes cannot be found'
  | 'value set cannot be expanded'

export function unknownSystem(
  terminology: Terminology,
  url: string,
  wanted: string | undefined,
  purpose: Purpose,
  at?: string,
): TxIssue {
  const versions = terminology.versions(url)
  const named = wanted === undefined ? `'${url}'` : `'${url}' version '${wanted}'`
  return txIssue({
    code: 'not-found',
    type: 'not-found',
    id:
      wanted === undefined
        ? 'UNKNOWN_CODESYSTEM'
        : versions.length === 0
          ? 'UNKNOWN_CODESYSTEM_VERSION_NONE'
          : 'UNKNOWN_CODESYSTEM_VERSION',
    text: [
      `A definition for CodeSystem ${named} could not be found, so the ${purpose}`,
      ...(wanted === undefined ? [] : [knownVersions(versions)]),
      ...(versions.length === 0 ? [howToLoad(url)].filter(text => text !== undefined) : []),
    ].join('. '),
    ...(at === undefined ? {} : { at }),
  })
}

function knownVersions(versions: readonly string[]): string {
  return versions.length === 0 ? 'No versions of this code system are known' : `Valid versions: ${oneOf(versions)}`
}

/** `1.0 or 1.2`; patterns are no versions. */
function oneOf(versions: readonly string[]): string {
  const list = versions.filter(version => !isPattern(version)).sort()
  return list.length < 2 ? list.join('') : `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`
}
