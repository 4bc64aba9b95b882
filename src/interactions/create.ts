/** https://hl7.org/fhir/R4/http.html#create */

import { overtaken, receiptFor, replay } from './idempotency.ts'
import type { Interaction } from './interaction.ts'
import { decodeFor } from './payload.ts'
import { provenance } from './provenance.ts'
import { refusal } from './refusal.ts'
import { check, put, unconditional, written } from './write.ts'

export const create: Interaction = {
  code: 'create',
  method: 'POST',
  at: 'type',
  verb: '',
  scope: 'c',
  audit: 'C',
  cost: 1,
  async handle(ctx, request) {
    const { tenant, target, headers } = request
    unconditional(headers)
    const receipt = receiptFor(request)
    const before = await replay(ctx, request, receipt)
    if (before?.[0]) return written(request, before[0], true, [])

    // "The server SHALL ignore any provided id, versionId and lastUpdated": they are not even checked.
    const { id: _id, ...resource } = decodeFor(ctx, request)
    const issues = check(ctx, resource)
    const key = { tenant, type: target.type, id: ctx.newId() }
    const write = { ...put(ctx, request, key, resource, 'POST'), when: 'absent' as const }
    const writes = [write, ...provenance(ctx, request, [{ ...key, version: 1 }])]
    const it = { tenant, writes, integrity: ctx.integrity(tenant), ...(receipt ? { receipt } : {}) }
    const outcome = await ctx.store.commit(it)
    const [version] = outcome.ok ? outcome.versions : (overtaken(outcome, receipt) ?? [])
    if (version) return written(request, version, true, issues)
    throw outcome.ok ? new Error('a put makes a version') : refusal(it, outcome)
  },
}
