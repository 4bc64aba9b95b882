/**
 * The codes that R4 binds its elements to, for as long as nobody knows more: https://hl7.org/fhir/R4/terminologies.html#binding
 * Codes are compared as they are, for every code system whose codes are listed here tells upper from lower case or does not say.
 */
import { readFileSync } from 'node:fs'
import { splitCanonical } from './version.ts'

export type Codes = {
  /** Whether all codes are listed here. */
  readonly complete: boolean
  /** The code systems that its codes are of, as far as they are known. */
  readonly systems: readonly string[]
  /** `undefined` if that cannot be told here. Without a system, whether the code is one of any. */
  readonly has: (system: string | undefined, code: string) => boolean | undefined
}

export type ValueSets = {
  /** By `url` or `url|version`; `undefined` for a value set that is not known here. */
  readonly codesOf: (canonical: string) => Codes | undefined
}

/** One line of `value-sets.generated.json`. */
export type ValueSetLine = {
  readonly url: string
  readonly version: string
  readonly systems: Readonly<Record<string, readonly string[]>>
  /** Code systems of which it has codes that are not listed: UCUM, MIME types, SNOMED CT … */
  readonly open?: readonly string[]
  /** Value sets that it includes and nobody has. */
  readonly missing?: readonly string[]
}

/** By which R4 calls the value sets of HL7 v2 and v3 too, though they have versions of their own. */
const R4 = '4.0.1'
const artifact = new URL('./value-sets.generated.json', import.meta.url)

/** R4's. Nothing is read before the first is asked for. */
export function loadValueSets(): ValueSets {
  let lines: ReadonlyMap<string, ValueSetLine> | undefined
  const made = new Map<string, Codes>()
  return {
    codesOf(canonical) {
      lines ??= read()
      const { url, version } = splitCanonical(canonical)
      const line = lines.get(url)
      if (!line || (version !== undefined && version !== line.version && version !== R4)) return undefined
      const codes = made.get(url) ?? codesFrom(line)
      made.set(url, codes)
      return codes
    },
  }
}

function read(): ReadonlyMap<string, ValueSetLine> {
  // As written by `generate/value-sets.ts`, which a test proves.
  const { valueSets }: { valueSets: readonly ValueSetLine[] } = JSON.parse(readFileSync(artifact, 'utf8'))
  return new Map(valueSets.map(line => [line.url, line]))
}

function codesFrom({ systems, open = [], missing = [] }: ValueSetLine): Codes {
  const listed = new Map(Object.entries(systems).map(([system, codes]) => [system, new Set(codes)]))
  const lists = [...listed.values()]
  const unlisted = new Set(open)
  /** The answer for a code that is not listed. */
  const otherwise = (system: string | undefined): false | undefined => {
    const isOpen = system === undefined ? unlisted.size > 0 : unlisted.has(system)
    return isOpen || missing.length > 0 ? undefined : false
  }
  return {
    complete: unlisted.size === 0 && missing.length === 0,
    systems: [...new Set([...listed.keys(), ...open])],
    has(system, code) {
      const isListed =
        system === undefined ? lists.some(codes => codes.has(code)) : (listed.get(system)?.has(code) ?? false)
      return isListed || otherwise(system)
    },
  }
}
