/** `url|version`, and which of two versions is newer. https://hl7.org/fhir/R4/references.html#canonical */

export function splitCanonical(canonical: string): { readonly url: string; readonly version: string | undefined } {
  const [url = '', version] = canonical.split('|', 2)
  return { url, version }
}

/**
 * As https://semver.org has it, for any number of parts: `3.1.0-ballot` before `3.1.0` before `3.10.0`. Numbers come before
 * words, and what has no version before all that have one.
 */
export function compareVersions(a = '', b = ''): number {
  if (a === '' || b === '') return a === b ? 0 : a === '' ? -1 : 1
  const [mainA = '', ...preA] = a.split('-')
  const [mainB = '', ...preB] = b.split('-')
  const order = compareParts(mainA.split('.'), mainB.split('.'))
  if (order !== 0) return order
  if (preA.length === 0 || preB.length === 0) return preB.length - preA.length
  return compareParts(preA.join('-').split('.'), preB.join('-').split('.'))
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const order = comparePart(a[at], b[at])
    if (order !== 0) return order
  }
  return 0
}

function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1
  const order = isNumberA ? Number(a) - Number(b) : 0
  return order !== 0 ? order : a < b ? -1 : 1
}
