/** StructureDefinitions as they are in JSON, as far as a validator reads them. https://hl7.org/fhir/R4/structuredefinition.html */
import type { Json } from '../fhir/resource.ts'

export type StructureDefinition = {
  readonly resourceType: 'StructureDefinition'
  readonly url: string
  readonly version?: string
  readonly name: string
  readonly kind: 'primitive-type' | 'complex-type' | 'resource' | 'logical'
  readonly abstract: boolean
  readonly type: string
  readonly baseDefinition?: string
  readonly derivation?: 'specialization' | 'constraint'
  /** Where an extension may stand. */
  readonly context?: readonly { readonly type: 'fhirpath' | 'element' | 'extension'; readonly expression: string }[]
  readonly contextInvariant?: readonly string[]
  readonly snapshot?: { readonly element: readonly ElementDefinition[] }
  readonly differential?: { readonly element: readonly ElementDefinition[] }
}

/** https://hl7.org/fhir/R4/elementdefinition.html; fixed[x], pattern[x], minValue[x] and maxValue[x] as the JSON properties that they are. */
export type ElementDefinition = {
  readonly id?: string
  readonly path: string
  readonly sliceName?: string
  readonly sliceIsConstraining?: boolean
  readonly slicing?: Slicing
  readonly short?: string
  readonly min?: number
  readonly max?: string
  readonly base?: { readonly path: string; readonly min: number; readonly max: string }
  readonly contentReference?: string
  readonly type?: readonly TypeRef[]
  readonly maxLength?: number
  readonly condition?: readonly string[]
  readonly constraint?: readonly Constraint[]
  readonly mustSupport?: boolean
  readonly isModifier?: boolean
  readonly isSummary?: boolean
  readonly binding?: Binding
  readonly [choice: `fixed${string}` | `pattern${string}` | `minValue${string}` | `maxValue${string}`]: Json | undefined
}

export type Slicing = {
  readonly discriminator?: readonly { readonly type: Discriminator; readonly path: string }[]
  readonly ordered?: boolean
  readonly rules?: 'closed' | 'open' | 'openAtEnd'
}

export type Discriminator = 'value' | 'exists' | 'pattern' | 'type' | 'profile'

export type TypeRef = {
  readonly code: string
  readonly profile?: readonly string[]
  readonly targetProfile?: readonly string[]
  readonly aggregation?: readonly ('contained' | 'referenced' | 'bundled')[]
  readonly versioning?: 'either' | 'independent' | 'specific'
}

export type Constraint = {
  readonly key: string
  readonly severity: 'error' | 'warning'
  readonly human: string
  readonly expression?: string
  /** The canonical of the definition that brought it. */
  readonly source?: string
  /** https://hl7.org/fhir/R4/extension-elementdefinition-bestpractice.html */
  readonly bestPractice?: boolean
}

export type Binding = {
  readonly strength: 'required' | 'extensible' | 'preferred' | 'example'
  readonly valueSet?: string
  readonly description?: string
  /** What even a looser binding may not leave. https://hl7.org/fhir/R4/extension-elementdefinition-maxvalueset.html */
  readonly maxValueSet?: string
}

/** What is known at one time to one tenant. */
export interface Structures {
  /** By `url` or `url|version`, always with a snapshot; without a version the newest. */
  find(canonical: string): StructureDefinition | undefined
}
