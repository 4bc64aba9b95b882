/** https://hl7.org/fhir/R4/search.html#uri */
import { parseCanonical } from './canonical.ts'
import { textOf } from './member.ts'
import type { Extract, ParameterType } from './parameter-type.ts'

/** Character by character: no case, escapes or trailing slashes are made alike. */
export type UriValue = {
  readonly type: 'uri'
  readonly uri: string
  /** Of a canonical, what stands behind `|`: `_profile=url` finds every version. */
  readonly version?: string
}

const exact: Extract<UriValue> = element => {
  const uri = textOf(element)
  return uri === undefined ? [] : [{ type: 'uri', uri }]
}

export const uri: ParameterType<UriValue> = {
  extract: {
    uri: exact,
    url: exact,
    oid: exact,
    uuid: exact,
    canonical: element => {
      const { url, ...version } = parseCanonical(textOf(element) ?? '') ?? {}
      return url === undefined ? [] : [{ type: 'uri', uri: url, ...version }]
    },
  },
}
