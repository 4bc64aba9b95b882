/** Which of two versions is later: their runs of digits are compared as numbers, all else as text. `2.78` is after `2.9`. */
export function laterVersion(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const order = compare(left[at] ?? '', right[at] ?? '')
    if (order !== 0) return order
  }
  return 0
}

function parts(version: string): readonly string[] {
  return version.match(/\d+|\D+/g) ?? []
}

const digits = /^\d+$/

function compare(a: string, b: string): number {
  if (a === b) return 0
  if (digits.test(a) && digits.test(b)) {
    const order = BigInt(a) - BigInt(b)
    return order === 0n ? 0 : order < 0n ? -1 : 1
  }
  return a < b ? -1 : 1
}
