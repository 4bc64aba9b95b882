/** Conditional headers: https://hl7.org/fhir/R4/http.html#cread, #concurrency and RFC 9110, section 13. */
import { fail } from '../fhir/issue.ts'
import type { Condition, Version } from '../store/port.ts'

/** `W/"3"`: versions are compared by meaning, not by bytes. https://hl7.org/fhir/R4/http.html#versioning */
export function etag(version: number): string {
  return `W/"${version}"`
}

/** Ids of versions are 1, 2, 3 …; any other text names no version that ever existed. */
export function versionNumber(text: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined
}

/** What If-Match and If-None-Match ask of a write. A version that cannot exist matches nothing. */
export function writeCondition(ifMatch: string | undefined, ifNoneMatch: string | undefined): Condition | undefined {
  if (ifMatch !== undefined && ifNoneMatch !== undefined) {
    throw fail('invalid', 'If-Match and If-None-Match exclude each other')
  }
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch.trim() === '*') return 'absent'
    throw fail('invalid', `If-None-Match '${ifNoneMatch}' on a write: expected *`)
  }
  if (ifMatch === undefined) return undefined
  if (ifMatch.trim() === '*') return 'present'
  const tags = entityTags('If-Match', ifMatch)
  const [tag = '', second] = tags
  if (second !== undefined) throw fail('invalid', `If-Match '${ifMatch}' names ${tags.length} versions: expected one`)
  return { version: versionNumber(tag) ?? -1 }
}

export function holds(condition: Condition | undefined, current: Version | undefined): boolean {
  if (condition === undefined) return true
  const present = current?.json !== undefined
  if (condition === 'present') return present
  if (condition === 'absent') return !present
  return present && current.version === condition.version
}

/** Nothing has happened to the resource since it was read. */
export function asRead(current: Version | undefined): Condition {
  return current?.json === undefined ? 'absent' : { version: current.version }
}

/** https://hl7.org/fhir/R4/http.html#concurrency: "If the version id … does not match, the server returns a 412". */
export function preconditionFailed(condition: Condition, current: Version | undefined, expression?: string): Error {
  const found = current?.json === undefined ? 'there is no such resource' : `its version is ${current.version}`
  const expected =
    typeof condition === 'object'
      ? `version ${condition.version < 0 ? 'given' : condition.version}`
      : condition === 'absent'
        ? 'none'
        : 'any version'
  return fail('conflict', `the precondition does not hold: expected ${expected}, but ${found}`, expression, {
    status: 412,
    headers: current?.json === undefined ? {} : { etag: etag(current.version) },
  })
}

/** Whether a conditional read may answer 304: If-None-Match decides alone where it is given (RFC 9110, 13.2.2). */
export function notModified(
  version: Version,
  ifNoneMatch: string | undefined,
  ifModifiedSince: string | undefined,
): boolean {
  if (ifNoneMatch !== undefined) {
    return ifNoneMatch.trim() === '*' || entityTags('If-None-Match', ifNoneMatch).includes(String(version.version))
  }
  if (ifModifiedSince === undefined) return false
  const since = Date.parse(ifModifiedSince)
  return !Number.isNaN(since) && Math.floor(version.updated / 1000) * 1000 <= since
}

function entityTags(header: string, text: string): string[] {
  return text.split(',').map(tag => {
    const opaque = /^\s*(?:W\/)?"([^"]*)"\s*$/.exec(tag)?.[1]
    if (opaque === undefined) throw fail('invalid', `${header} '${text}' is not an entity tag: expected W/"3"`)
    return opaque
  })
}
