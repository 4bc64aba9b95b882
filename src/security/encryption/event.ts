export type EncryptionEvent =
  /** What is stored is not what was written there: somebody changed it behind the server's back. */
  | { readonly event: 'encryption.unreadable'; readonly tenant: string; readonly type: string; readonly seq: number }
  /** The key of a patient was destroyed; `left`: resources that tell of this patient and were not sealed by it. */
  | { readonly event: 'encryption.erased'; readonly tenant: string; readonly resources: number; readonly left: number }
  | { readonly event: 'encryption.rotated'; readonly tenant: string; readonly keys: number }
  /** Types of which what is stored is not kept as `KILN_ENCRYPTION` says: `kiln key seal` changes that. */
  | { readonly event: 'encryption.pending'; readonly types: readonly string[] }
  /** What is stored of a tenant is kept as the settings say from now on; so many texts were changed. */
  | { readonly event: 'encryption.sealed'; readonly tenant: string; readonly texts: number }
