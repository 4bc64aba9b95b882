import type { EdgeEvent } from '../security/audit/edge-event.ts'

/** What the edge reports. No URLs and no bodies: both carry names, numbers and dates of patients. */
export type HttpEvent =
  | EdgeEvent
  | {
      readonly event: 'http.answered'
      readonly request: string
      /** The code of the interaction, or `none` where the request was refused before one was found. */
      readonly interaction: string
      readonly status: number
      /** `undefined` where it was refused before anybody looked at the clock. */
      readonly ms: number | undefined
    }
  /** A bug of ours: the client got a 500 that tells nothing. */
  | { readonly event: 'http.failed'; readonly request: string; readonly interaction: string; readonly error: unknown }
  /** The connection broke the protocol before there was a request. */
  | { readonly event: 'http.malformed'; readonly code: string; readonly status: number }
  | { readonly event: 'http.overloaded'; readonly delay: number; readonly bound: number }
  /** An address held as many connections as it may, and wanted another. */
  | { readonly event: 'http.crowded'; readonly most: number }
  /** Somebody connected who cannot speak TLS, or none that is safe. */
  | { readonly event: 'tls.failed'; readonly code: string }
  /** A certificate that is good until then. */
  | { readonly event: 'tls.loaded'; readonly until: string }
  /** What the files hold now cannot be used; the certificate that was read before serves on. */
  | { readonly event: 'tls.refused'; readonly reason: string }
