/** What the codecs, the validator and the patchers need to know of a type. `conformance` supplies it from the definitions. */

export type ElementShape = {
  /** The JSON property: `birthDate`, `valueQuantity`. */
  readonly name: string
  /** The element in its definition: `Observation.value[x]`. */
  readonly path: string
  /** For one of a choice, the name they share: `value[x]`. At most one of them may be present. */
  readonly choice?: string
  /** The shape of the value: `HumanName`, `code`, `Patient.contact`, `Resource` (any resource), `xhtml`. */
  readonly type: string
  /** Of the whole choice, for one of a choice. */
  readonly min: number
  /** `Infinity` for `*`. */
  readonly max: number
  /** Value is a JSON primitive, so `_name` may carry id and extensions. */
  readonly primitive: boolean
  /** Written as an XML attribute: `id` of elements, `url` of extensions. */
  readonly attribute: boolean
  /** Part of `_summary=true`. */
  readonly summary: boolean
  readonly modifier: boolean
  /** Allowed target types of a Reference or canonical; absent: any. */
  readonly targets?: readonly string[]
  /** Of a code, the value set that it must be of, if it must. */
  readonly valueSet?: string
}

export type Shape = {
  /** `Patient`, `Patient.contact`, `HumanName`, `code`. */
  readonly name: string
  readonly kind: 'resource' | 'complex' | 'primitive'
  /** By JSON property, in the order of the specification (the order that XML requires), inherited ones included. */
  readonly elements: ReadonlyMap<string, ElementShape>
  /** For a primitive, the pattern of its value in full (to be anchored). */
  readonly pattern?: string
}

export interface Shapes {
  /** Concrete resource types that have an endpoint, sorted: R4 has 146 concrete types, of which `Parameters` has none. */
  readonly resourceTypes: readonly string[]
  shape(name: string): Shape | undefined
}
