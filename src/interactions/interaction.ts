/** What an interaction is, and the values that flow through it. https://hl7.org/fhir/R4/http.html */
import type { CodeSystemClaim } from '../conformance/claims.ts'
import type { Issue } from '../fhir/issue.ts'
import type { Resource } from '../fhir/resource.ts'
import type { Shapes } from '../fhir/shape.ts'
import type { Indexed } from '../search/index-contained.ts'
import type { SearchParameter } from '../search/parameters.ts'
import type { Access, Letter } from '../security/access/access.ts'
import type { Principal } from '../security/principal.ts'
import type { Store, Version } from '../store/port.ts'
import type { Current } from './current.ts'
import type { SearchNeeds } from './search/needs.ts'
import type { OwnDefinitions } from './search/own/definitions.ts'
import type { Target } from './target.ts'
import type { Validation, Wish } from './validation/validation.ts'
import type { Vocabulary } from './vocabulary/vocabulary.ts'

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** A request, whether it came by HTTP, as a Bundle entry, from a job or from the CLI. */
export type FhirRequest = {
  readonly tenant: string
  /** Who asks; absent where nobody has to say. */
  readonly principal?: Principal
  /** X-Request-Id, by which the audit names it. */
  readonly id?: string
  /** IP address of the client. */
  readonly address?: string
  /** What the client sees as the FHIR base, without trailing slash: `http://127.0.0.1:8080/fhir`. */
  readonly base: string
  readonly method: Method
  readonly target: Target
  readonly query: URLSearchParams
  /** The same as it came, where it came as text. */
  readonly question?: string
  /** Names in lower case. */
  readonly headers: Headers
  readonly body?: Payload
}

export type Headers = Readonly<Record<string, string | undefined>>

/** Bytes with their media type (no parameters) as they came in, or a resource out of a Bundle. */
export type Payload =
  | { readonly is: 'bytes'; readonly bytes: Uint8Array; readonly type: string }
  | { readonly is: 'resource'; readonly resource: Resource }

export type Answer = {
  readonly status: number
  /** Beside those of the representation: ETag, Location, Last-Modified … */
  readonly headers?: Headers
  /** meta.lastUpdated of the version that it is about, in ms: Last-Modified has only seconds. */
  readonly modified?: number
  /** The version that it is about, shown or not: whose record that is, the audit reads from its text. */
  readonly about?: Version
  readonly body?: Body
}

export type Body =
  /** A resource as JSON text that may go out as it is. */
  | { readonly is: 'json'; readonly json: string }
  /** Not FHIR: a Binary's own content. */
  | { readonly is: 'content'; readonly bytes: Uint8Array; readonly type: string }

/** What all requests have in common; `dispatch` makes the Context of one from it. */
export type Surroundings = Omit<
  Context,
  'search' | 'index' | 'validate' | 'vocabulary' | 'access' | 'guard' | 'behind' | 'recording'
> & {
  readonly rights: Rights
  /** What differs between tenants. */
  readonly definitions: OwnDefinitions
  readonly validation: Validation
  readonly vocabularies: Current<Vocabulary>
}

/** What the principal of a request may do. `ctx`: of the server itself, to look up what rights are made of. */
export type Rights = {
  (ctx: Context, request: Pick<FhirRequest, 'tenant' | 'base' | 'principal'>): Access | Promise<Access>
  /** Something was written that rights may depend on. */
  readonly touched?: (tenant: string) => void
}

/** The part of the world that interactions may touch, with the definitions that hold in the request's tenant. */
export type Context = {
  /** All that can be asked for, by method and form of the URL; made by `tabulate`. */
  readonly interactions: ReadonlyMap<string, Interaction>
  /** As the principal sees it, while doing what was asked for. */
  readonly store: Store
  readonly access: Access
  /** A store as it looks to the principal while doing this. */
  readonly guard: (store: Store, letters: readonly Letter[]) => Store
  /** The store behind the door, for those who will stand before the door again. */
  readonly behind: Store
  /** Does what was asked for, and sees to it that the audit has it. */
  readonly audited: Audited
  /** The store behind the door whose commits carry the audit of what is being done; `undefined`: nothing is recorded there. */
  readonly recording: ((behind: Store) => Store) | undefined
  readonly shapes: Shapes
  readonly clock: () => number
  /** A new resource id. */
  readonly newId: () => string
  /**
   * Form and rules of a resource that is about to be stored; `at` is the FHIRPath that leads to it. A promise only where something
   * has to be looked up, or where it would take long.
   */
  readonly validate: (resource: Resource, at: string, wish?: Wish) => readonly Issue[] | Promise<readonly Issue[]>
  /** What codes mean in the tenant. */
  readonly vocabulary: () => Vocabulary | Promise<Vocabulary>
  /** Lets others have their turn. */
  readonly turn: () => Promise<unknown>
  /** What a resource will be found by, under this id; `base` as the tenant's clients see it. */
  readonly index: (resource: Resource, id: string, base: string) => Indexed
  readonly search: SearchNeeds
  /** Whether the tenant's references must lead somewhere. */
  readonly integrity: (tenant: string) => boolean
  /** The server's own description, for the capabilities interaction. */
  readonly capability: (asked: {
    readonly base: string
    readonly mode: string | null
    /** What may be searched by beside R4's parameters. */
    readonly own: readonly SearchParameter[]
    /** Those of the tenant, where the mode is about them. */
    readonly codeSystems: readonly CodeSystemClaim[]
  }) => Resource
  readonly observe: (event: InteractionEvent) => void
}

export type Asked = { readonly interaction: Interaction; readonly request: FhirRequest }

export type Audited = (ctx: Context, asked: Asked, act: (ctx: Context) => Promise<Answer>) => Promise<Answer>

export type InteractionEvent =
  /** A bug of ours at a part of a request whose other parts were answered. */
  | { readonly event: 'interaction.failed'; readonly interaction: InteractionCode; readonly error: unknown }
  /** Somebody looks behind the glass; for whom and why, the note of this id of the kind `break-glass` tells. */
  | {
      readonly event: 'access.glass-broken'
      readonly tenant: string
      readonly client: string
      readonly note: string
      readonly minutes: number
    }

/** https://hl7.org/fhir/R4/valueset-restful-interaction.html */
export type InteractionCode =
  | 'read'
  | 'vread'
  | 'create'
  | 'update'
  | 'patch'
  | 'delete'
  | 'history-instance'
  | 'history-type'
  | 'history-system'
  | 'search-type'
  | 'search-system'
  | 'batch'
  | 'transaction'
  | 'capabilities'
  | 'operation'

export type Interaction = {
  readonly code: InteractionCode
  readonly method: Exclude<Method, 'HEAD'>
  readonly at: Target['at']
  /** `_history` and the like; empty for the plain form. */
  readonly verb: string
  /** Only these resource types have it; absent: all. */
  readonly types?: readonly string[]
  /** Of an operation, whether it changes something: if so, no transaction takes it. */
  readonly affectsState?: boolean
  /** SMART v2 permission that it takes: `entries` are authorized one by one, `all` changes what everybody goes by. */
  readonly scope: 'c' | 'r' | 'u' | 'd' | 's' | 'entries' | 'all' | 'none'
  /** https://hl7.org/fhir/R4/valueset-audit-event-action.html */
  readonly audit: 'C' | 'R' | 'U' | 'D' | 'E' | 'none'
  /** Rough number of resources that it touches, for budgets. */
  readonly cost: number
  readonly handle: (ctx: Context, request: FhirRequest) => Promise<Answer>
}
