/** An answer to who may change a resource but not read it. */

import type { Version } from '../store/port.ts'
import { before } from './admit.ts'
import type { Context, FhirRequest } from './interaction.ts'
import { parsePrefer } from './prefer.ts'

/** A patch tells little of what it is applied to: its outcome is only shown to who may see it otherwise. */
export async function discreet(ctx: Context, request: FhirRequest, outcome: Version): Promise<FhirRequest> {
  if (ctx.access.unlimited || parsePrefer(request.headers['prefer']).return === 'OperationOutcome') return request
  const { store } = before(ctx, ['r', 's'])
  if (await store.vread(outcome, outcome.version)) return request
  return { ...request, headers: { ...request.headers, prefer: 'return=minimal' } }
}
