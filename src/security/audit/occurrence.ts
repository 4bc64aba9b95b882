/** What the audit records: something that somebody did, or tried to do. */
import type { Principal } from '../principal.ts'

/** https://hl7.org/fhir/R4/valueset-audit-event-action.html */
export type Action = 'C' | 'R' | 'U' | 'D' | 'E'

/** What of a principal the audit tells. */
export type Who = Pick<Principal, 'client' | 'user' | 'fhirUser' | 'purposes'>

/** Who asked, by which request, when and of whom. */
export type Exchange = {
  readonly tenant: string
  /** What clients see as the FHIR base. */
  readonly base: string
  /** ms */
  readonly at: number
  readonly principal?: { readonly [K in keyof Who]?: Who[K] | undefined } | undefined
  /** X-Request-Id. */
  readonly request?: string | undefined
  /** IP address of the client. */
  readonly address?: string | undefined
}

/** https://hl7.org/fhir/R4/valueset-audit-event-outcome.html */
export type Result = {
  readonly outcome: '0' | '4' | '8' | '12'
  /** Status and issue codes, never what was refused: `403 forbidden`. Of accounts and tokens: by what, or which scopes. */
  readonly why?: string
}

export const success: Result = { outcome: '0' }

/** Of the RESTful API. */
export type Deed = Result & {
  readonly action: Action
  /** https://hl7.org/fhir/R4/valueset-restful-interaction.html */
  readonly interaction: string
  /** What it was done to: `Patient/23`. */
  readonly about?: string
  /** What was asked for, as it came. */
  readonly query?: string
}

/** What is no interaction: signing in, tokens, jobs that go on by themselves. */
export type SecurityEvent = Result & {
  readonly what: keyof typeof securityEvents
  /** Local references: what was exported, opened, granted. */
  readonly about?: readonly string[]
  /** Of whom it is about: why, until when. */
  readonly details?: Readonly<Record<string, string>>
}

type Kind = { readonly type: string; readonly subtype: string; readonly action: Action }

/**
 * Type and subtype: 110100 Application Activity, 110106 Export, 110107 Import, 110113 Security Alert, 110114 User Authentication,
 * 110129 Security Configuration.
 * https://dicom.nema.org/medical/dicom/current/output/chtml/part16/sect_CID_400.html
 */
export const securityEvents = {
  'sign-in': { type: '110114', subtype: '110122', action: 'E' },
  'sign-out': { type: '110114', subtype: '110123', action: 'E' },
  launched: { type: '110100', subtype: 'launched', action: 'E' },
  'token-issued': { type: '110114', subtype: 'token-issued', action: 'C' },
  'token-revoked': { type: '110114', subtype: 'token-revoked', action: 'D' },
  /** Of a request whose token is none, or is no good: a 401. */
  'token-refused': { type: '110114', subtype: 'token-refused', action: 'E' },
  'client-changed': { type: '110113', subtype: '110136', action: 'U' },
  'account-changed': { type: '110113', subtype: '110137', action: 'U' },
  /** Told once a minute for each who is. */
  throttled: { type: '110113', subtype: 'throttled', action: 'E' },
  'token-in-url': { type: '110113', subtype: 'token-in-url', action: 'E' },
  'tenant-changed': { type: '110113', subtype: '110129', action: 'U' },
  'tenant-erased': { type: '110113', subtype: 'tenant-erased', action: 'D' },
  'patient-erased': { type: '110113', subtype: 'patient-erased', action: 'D' },
  'keys-changed': { type: '110113', subtype: 'keys-changed', action: 'U' },
  'consent-given': { type: '110113', subtype: 'consent-given', action: 'C' },
  'break-glass': { type: '110113', subtype: '110127', action: 'E' },
  export: { type: '110106', subtype: 'export', action: 'R' },
  import: { type: '110107', subtype: 'import', action: 'C' },
} as const satisfies Readonly<Record<string, Kind>>

/** One or several AuditEvents to be: one for each patient whom it is about, since no patient is to read of another. */
export type Occurrence = {
  readonly exchange: Exchange
  readonly did: Deed | SecurityEvent
  /** `Patient/23` each. */
  readonly patients: readonly string[]
}

/** For those who authenticate, issue tokens, export. Resolves when it may go on; durable within the log's loss window. */
export type AuditPort = {
  readonly record: (exchange: Exchange, event: SecurityEvent, patients?: readonly string[]) => Promise<void>
}
