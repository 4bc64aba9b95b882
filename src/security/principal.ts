/** Who asks, as far as the server knows. */
export type Principal = {
  /** The same for all that one client does for one user; cursors and idempotency keys are good for nobody else. */
  readonly id: string
  readonly tenant: string
  readonly client: string
  /** Account that signed in. */
  readonly user?: string
  /** Who that is, as a local reference: `Practitioner/23`. */
  readonly fhirUser?: string
  /** Launch context: ids of resources. */
  readonly patient?: string
  readonly encounter?: string
  /** As the token has it: `patient/Observation.rs user/*.r`. */
  readonly scope: string
  /** Of the account, or of a client that acts for itself, as access policies name them: `nurse`. */
  readonly roles?: readonly string[]
  /** Ids of access policies that were given to the client: they limit whoever uses it. */
  readonly policies?: readonly string[]
  /** Why it asks: https://terminology.hl7.org/ValueSet-v3-PurposeOfUse.html, and BTG while glass is broken. */
  readonly purposes: readonly string[]
}
