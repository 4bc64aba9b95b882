/** The settings of the audit; root `config.ts` merges them with those of the other folders. */
export const auditSettings = {
  KILN_AUDIT: {
    type: 'string',
    enum: ['auto', 'all', 'writes', 'off'],
    default: 'auto',
    description:
      'What is recorded as AuditEvents: `all` (who has seen, changed or tried what), `writes` (without reads and searches that succeed), or nothing (`off`, with `KILN_AUTH=none` alone). `auto`: `all` where clients authenticate, else nothing.',
    expected: 'auto, all or writes, or off where KILN_AUTH is none',
  },
  KILN_AUDIT_ANCHOR: {
    type: 'string',
    format: 'audit-anchor',
    default: '',
    description:
      'Where the seals of the audit are kept beside the database: a file that lines are appended to, or an https URL to which they are POSTed. `kiln audit verify --anchors FILE` compares.',
    expected: 'the absolute path of a file, or an https URL',
  },
} as const

export type Extent = 'all' | 'writes' | 'off'

/** `authenticated`: whether clients have to say who they are. */
export function extentOf(setting: 'auto' | Extent, authenticated: boolean): Extent {
  if (setting !== 'auto') return setting
  return authenticated ? 'all' : 'off'
}
