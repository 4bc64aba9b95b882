/** Versions and patterns of them, such as `1.x` and `2.0.*`; an edition of SNOMED CT is a pattern for its versions. */
import { laterVersion } from '../version-order.ts'

const wildcard = /(^|\.)[xX*](\.|$)/

export function isPattern(version: string): boolean {
  return wildcard.test(version)
}

/** A last `x` stands for all that may follow: `1.x` is met by 1.4 and 1.4.2, but not by 1. */
export function meets(version: string, pattern: string): boolean {
  if (version === pattern) return true
  if (isEdition(pattern)) return version.startsWith(`${pattern}/version/`)
  if (!isPattern(pattern)) return false
  const [have, want] = [version.split('.'), pattern.split('.')]
  const isOpen = isWild(want.at(-1))
  if (isOpen ? have.length < want.length : have.length !== want.length) return false
  return want.every((part, at) => isWild(part) || part === have[at])
}

export function latestOf(versions: readonly string[], pattern: string): string | undefined {
  return versions
    .filter(version => meets(version, pattern))
    .sort(laterVersion)
    .at(-1)
}

function isWild(part: string | undefined): boolean {
  return part === 'x' || part === 'X' || part === '*'
}

/** https://hl7.org/fhir/R4/snomedct.html#version */
function isEdition(version: string): boolean {
  return /^http:\/\/snomed\.info\/x?sct\/\d+$/.test(version)
}
