/** The form of `r4.generated.json` (https://hl7.org/fhir/R4/downloads.html, condensed): what the generator writes and `definitions.ts` reads. */

/** `standards-status`: https://hl7.org/fhir/R4/versions.html#std-process */
export type StandardsStatus = 'normative' | 'trial-use' | 'draft'

export type ShapeLine = {
  readonly name: string
  readonly kind: 'resource' | 'complex' | 'primitive'
  readonly status?: StandardsStatus
  readonly pattern?: string
  /**
   * `name min..max types flags`, for example `subject 0..1 Reference(Patient,Group) S` or `value[x] 0..1 Quantity|string S`;
   * of a code, the value set that it must be of stands in brackets.
   * Flags: S in the summary, M modifier, A attribute in XML.
   */
  readonly elements: readonly string[]
}

/** https://hl7.org/fhir/R4/searchparameter.html */
export type SearchParameter = {
  readonly url: string
  readonly name: string
  readonly code: string
  readonly base: readonly string[]
  readonly type: 'number' | 'date' | 'string' | 'token' | 'reference' | 'composite' | 'quantity' | 'uri' | 'special'
  readonly status?: StandardsStatus
  /** Absent for `_text`, `_content` and `_query`. */
  readonly expression?: string
  readonly xpathUsage?: string
  readonly target?: readonly string[]
  readonly multipleOr?: boolean
  readonly multipleAnd?: boolean
  readonly comparator?: readonly string[]
  readonly modifier?: readonly string[]
  readonly component?: readonly { readonly definition: string; readonly expression: string }[]
  /** Not of the specification, but this server's or a tenant's. */
  readonly own?: true
}

/** https://hl7.org/fhir/R4/compartmentdefinition.html */
export type Compartment = {
  readonly url: string
  readonly code: string
  /** By resource type, the search parameters that put it in; types that are never in are absent. */
  readonly resources: Readonly<Record<string, readonly string[]>>
}

/** https://hl7.org/fhir/R4/operationdefinition.html, without prose. */
export type Operation = {
  readonly url: string
  readonly name: string
  readonly code: string
  readonly status?: StandardsStatus
  readonly affectsState?: boolean
  readonly resource: readonly string[]
  readonly system: boolean
  readonly type: boolean
  readonly instance: boolean
  readonly parameter: readonly OperationParameter[]
}

export type OperationParameter = {
  readonly name: string
  readonly use: 'in' | 'out'
  readonly min: number
  readonly max: string
  readonly type?: string
  readonly searchType?: string
  readonly targetProfile?: readonly string[]
  readonly part?: readonly OperationParameter[]
}

export type Artifact = {
  readonly generated: string
  readonly shapes: readonly ShapeLine[]
  readonly searchParameters: readonly SearchParameter[]
  /** Paths of elements that are not normative in types that are: `CapabilityStatement.imports`. */
  readonly unsettled: readonly string[]
  readonly compartments: readonly Compartment[]
  readonly operations: readonly Operation[]
}
