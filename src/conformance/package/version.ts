/** Versions of packages and what a dependency may ask for. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification */
import { fail } from '../../fhir/issue.ts'

export type Name = { readonly name: string; readonly version: string }

/** `hl7.fhir.us.core#3.1.1`, as packages are named in text. */
export function printName({ name, version }: Name): string {
  return `${name}#${version}`
}

/** `NAME`, `NAME@VERSION` or `NAME#VERSION`; no version means the latest. */
export function parseName(text: string): Name | undefined {
  const [, name, version = 'latest'] = /^([^@#]+)(?:[@#]([^@#]+))?$/.exec(text) ?? []
  return name !== undefined && isPackageName(name) && isVersion(version) ? { name, version } : undefined
}

export function isPackageName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9-]+)*$/.test(text) && text.length <= 128
}

export function isVersion(text: string): boolean {
  return /^[A-Za-z0-9.+*-]{1,64}$/.test(text)
}

/**
 * The one that is meant among those that there are: an exact version, the newest that fits `1.0.x`, or the newest of all. A
 * version with a label (`-beta`) is only taken by its name. Throws for what names no version at all.
 */
export function chooseVersion(wanted: string, there: readonly string[]): string | undefined {
  if (wanted === 'current' || wanted.startsWith('current$') || wanted === 'dev') {
    throw fail('value', `'${wanted}' is no published version: expected a number such as 1.0.0 or 1.0.x`)
  }
  if (wanted === 'latest') return newest(there.filter(isReleased))
  if (isPattern(wanted)) return newest(there.filter(version => isReleased(version) && fits(version, wanted)))
  if (!/^\d/.test(wanted)) throw fail('value', `'${wanted}' is no version: expected a number such as 1.0.0 or 1.0.x`)
  return there.find(version => version === wanted)
}

/** Whether a dependency on `wanted` is content with this version. */
export function satisfies(version: string, wanted: string): boolean {
  return (
    version === wanted || wanted === 'latest' || (isPattern(wanted) && isReleased(version) && fits(version, wanted))
  )
}

function isPattern(text: string): boolean {
  return /^\d+(\.\d+)*(\.[xX*])+$/.test(text)
}

function isReleased(version: string): boolean {
  return !version.includes('-')
}

function fits(version: string, pattern: string): boolean {
  const parts = version.split('.')
  const wanted = pattern.split('.').filter(part => /^\d+$/.test(part))
  return wanted.every((part, at) => parts[at] === part)
}

function newest(versions: readonly string[]): string | undefined {
  return versions.toSorted(compare).at(-1)
}

function compare(a: string, b: string): number {
  const [left, right] = [numbers(a), numbers(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return a < b ? -1 : 1
}

function numbers(version: string): readonly number[] {
  return (version.split(/[-+]/, 1)[0] ?? '').split('.').map(part => Number.parseInt(part, 10) || 0)
}
