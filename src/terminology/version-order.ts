/**
 * Which of two versions is later: their runs of digits are compared as numbers, all else as text. `2.78` is after `2.9`; and
 * `01032025` after `12022024`, as RxNorm writes its days.
 */
export function laterVersion(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = compare(left[at] ?? '', right[at] ?? '')
    if (order !== 0) return order
  }
  return 0
}

function parts(version: string): readonly string[] {
  return version.replace(monthFirst, '$3$1$2').match(/\d+|\D+/g) ?? []
}

/** No year of ours begins like a month. https://hl7.org/fhir/R4/rxnorm.html */
const monthFirst = /^(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])((?:19|20)\d\d)$/

const digits = /^\d+$/

function compare(a: string, b: string): number {
  if (a === b) return 0
  if (digits.test(a) && digits.test(b)) {
    const order = BigInt(a) - BigInt(b)
    return order === 0n ? 0 : order < 0n ? -1 : 1
  }
  return a < b ? -1 : 1
}
