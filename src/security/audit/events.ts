/** All versions of AuditEvents behind a place of the commit sequence, in order. */
import type { Store, Version } from '../../store/port.ts'
import { auditType } from './audit-event.ts'

const page = 200 // versions at a time: some 0.3 MB

export type Stretch = { readonly tenant: string; readonly after: number; readonly until: number }

/** Page by page, so that who reads may give way between them. */
export async function* pagesOf(
  store: Pick<Store, 'history'>,
  { tenant, after, until }: Stretch,
): AsyncGenerator<readonly Version[]> {
  for (let from = after, more = true; more; ) {
    const found = await store.history({ tenant, type: auditType, order: 'oldest', until, after: from, limit: page })
    yield found.versions
    from = found.versions.at(-1)?.seq ?? until
    more = found.more
  }
}
