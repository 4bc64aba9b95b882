/** An operation as data: a definition and a function. https://hl7.org/fhir/R4/operations.html */
import type * as conformance from '../../conformance/artifact.ts'
import type { FhirError } from '../../fhir/issue.ts'
import type { Resource } from '../../fhir/resource.ts'
import type { Answer, Context, FhirRequest, Interaction } from '../../interactions/interaction.ts'
import type { Input } from './input.ts'

export type Operation = {
  /** R4's, or one of `conformance/operations/`: code, levels, types and parameters. */
  readonly definition: conformance.Operation
  /** In-parameters beside those of the definition, or in their place: what later versions define and clients send already. */
  readonly also?: readonly conformance.OperationParameter[]
  /** What becomes of parameters that nobody defined. */
  readonly unknown: 'refuse' | 'ignore'
  /** R4's own definitions do not say it. What changes data is never done by GET. */
  readonly affectsState: boolean
  /** It is for past versions too: `Patient/1/_history/2/$meta`. */
  readonly ofVersions?: true
  /** SMART v2 permission that it takes. */
  readonly scope: Exclude<Interaction['scope'], 'entries'>
  /** Rough number of resources that it touches. */
  readonly cost: number
  /**
   * A resource answers 200: Parameters, or the one resource that the definition calls `return`. A promise only where something has to
   * be waited for: questions about codes are asked too often to wait for nothing.
   */
  readonly run: (ctx: Context, call: Call) => Given | Promise<Given>
  /** DELETE of the same URL, where it tells how work stands: https://hl7.org/fhir/R4/async.html */
  readonly cancel?: (ctx: Context, call: Call) => Promise<Answer>
  /**
   * Asked so, by GET of a type, the answer follows from the parameters, Accept-Language and the vocabulary alone, whoever asks: it is
   * kept for the next who asks the same.
   */
  readonly lasting?: (query: URLSearchParams) => boolean
  /** Media types that are no FHIR: such a body is left as it is, for `run`. */
  readonly content?: readonly string[]
  /** Answers a body that is XML of a known resource type, but not as FHIR wants it. Absent: such a body is refused. */
  readonly misread?: (fault: FhirError) => Resource
}

export type Given = Resource | Answer

export type Call = { readonly request: FhirRequest; readonly input: Input }
