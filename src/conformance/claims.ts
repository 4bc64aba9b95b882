/** What this server says of itself: collected from what is registered, never written by hand. */
import type { SearchParameter } from './artifact.ts'

/** https://hl7.org/fhir/R4/valueset-type-restful-interaction.html */
export type TypeInteraction =
  | 'read'
  | 'vread'
  | 'update'
  | 'patch'
  | 'delete'
  | 'history-instance'
  | 'history-type'
  | 'create'
  | 'search-type'

/** https://hl7.org/fhir/R4/valueset-system-restful-interaction.html */
export type SystemInteraction = 'transaction' | 'batch' | 'search-system' | 'history-system'

export type SearchParamClaim = {
  readonly name: string
  readonly type: SearchParameter['type']
  /** Canonical of its SearchParameter. */
  readonly definition?: string
  readonly documentation?: string
}

export type OperationClaim = {
  /** Without `$`. */
  readonly name: string
  /** Canonical of its OperationDefinition. */
  readonly definition: string
  readonly documentation?: string
}

export type ResourceClaim = {
  readonly type: string
  readonly supportedProfiles: readonly string[]
  readonly interactions: readonly TypeInteraction[]
  /** `versioned-update` would mean that updates without If-Match are refused. */
  readonly versioning: 'no-version' | 'versioned' | 'versioned-update'
  /** Past versions can be read. */
  readonly readHistory: boolean
  /** A client may choose the id of what it creates. */
  readonly updateCreate: boolean
  readonly conditionalCreate: boolean
  /** If-Modified-Since, If-None-Match, or both. */
  readonly conditionalRead: 'not-supported' | 'modified-since' | 'not-match' | 'full-support'
  readonly conditionalUpdate: boolean
  readonly conditionalDelete: 'not-supported' | 'single' | 'multiple'
  readonly referencePolicy: readonly ('literal' | 'logical' | 'resolves' | 'enforced' | 'local')[]
  readonly searchIncludes: readonly string[]
  readonly searchRevIncludes: readonly string[]
  readonly searchParams: readonly SearchParamClaim[]
  readonly operations: readonly OperationClaim[]
}

/** https://hl7.org/fhir/R4/terminologycapabilities-definitions.html#TerminologyCapabilities.codeSystem */
export type CodeSystemClaim = {
  readonly uri: string
  readonly versions: readonly {
    readonly code?: string
    readonly isDefault: boolean
    readonly compositional: boolean
    readonly languages: readonly string[]
    readonly filters: readonly { readonly code: string; readonly operators: readonly string[] }[]
    readonly properties: readonly string[]
  }[]
  readonly subsumption: boolean
}

/** What the operations on codes can do; which code systems they know differs between tenants. */
export type TerminologyClaims = {
  /** Parameters of ValueSet/$expand. */
  readonly expansion?: readonly string[]
  readonly validateCode: boolean
  readonly translate: boolean
  readonly closure: boolean
}

/** https://hl7.org/fhir/uv/application-feature/: what clients ask for beyond what a statement has elements for. */
export type FeatureClaim = { readonly definition: string; readonly value: string | boolean }

/** https://hl7.org/fhir/smart-app-launch/conformance.html#declaring-support-for-oauth2-endpoints */
export type OAuthUris = {
  readonly authorize: string
  readonly token: string
  readonly introspect: string
  readonly revoke: string
}

export type Claims = {
  readonly software: { readonly name: string; readonly version: string; readonly releaseDate: string }
  /** One sentence about this installation. */
  readonly description: string
  /** The FHIR base that clients see, without trailing slash. */
  readonly base: string
  /** When what is claimed last changed. */
  readonly date: string
  readonly formats: readonly string[]
  readonly patchFormats: readonly string[]
  /** Canonicals of the published statements that are met. */
  readonly instantiates: readonly string[]
  readonly features: readonly FeatureClaim[]
  readonly implementationGuides: readonly string[]
  /** Where we knowingly differ from the specification; becomes `rest.documentation`. */
  readonly deviations: readonly string[]
  /** Where access tokens are had (SMART on FHIR); absent: nobody needs one. */
  readonly security?: OAuthUris
  readonly resources: readonly ResourceClaim[]
  readonly terminology: TerminologyClaims
  readonly system: {
    readonly interactions: readonly SystemInteraction[]
    readonly searchParams: readonly SearchParamClaim[]
    readonly operations: readonly OperationClaim[]
  }
}
