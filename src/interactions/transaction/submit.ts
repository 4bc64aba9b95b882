/** POST [base] with a Bundle. https://hl7.org/fhir/R4/http.html#transaction */
import { bundleText } from '../../fhir/bundle.ts'
import { fail } from '../../fhir/issue.ts'
import { shellOf } from '../../validation/shell.ts'
import type { Answer, Context, FhirRequest, Interaction } from '../interaction.ts'
import { decode } from '../payload.ts'
import { check } from '../write.ts'
import { runBatch } from './batch.ts'
import { isDryRun, rehearsed } from './dry-run.ts'
import { entriesOf } from './step.ts'
import { runTransaction } from './transaction.ts'

const common = {
  method: 'POST',
  at: 'system',
  verb: '',
  scope: 'entries',
  audit: 'E',
  cost: 100,
  handle: submit,
} as const

/** Both come by the same URL; Bundle.type tells them apart. */
export const transaction: Interaction = { ...common, code: 'transaction' }
export const batch: Interaction = { ...common, code: 'batch' }

async function submit(ctx: Context, request: FhirRequest): Promise<Answer> {
  return isDryRun(request) ? rehearsed(ctx, request, perform) : perform(ctx, request)
}

async function perform(ctx: Context, request: FhirRequest): Promise<Answer> {
  const bundle = await decode(ctx, request)
  if (bundle.resourceType !== 'Bundle') {
    throw fail(
      'invalid',
      `the body is a ${bundle.resourceType}: expected a Bundle of type batch or transaction`,
      bundle.resourceType,
    )
  }
  // The rules of Bundles are kept entry by entry, and so are their resources checked: in a batch each stands for itself.
  await check(ctx, shellOf(bundle), 'Bundle', { only: 'form' })
  switch (bundle['type']) {
    case 'batch':
      return answer('batch-response', await runBatch(ctx, request, entriesOf(bundle)))
    case 'transaction':
      return answer('transaction-response', await runTransaction(ctx, request, entriesOf(bundle)))
    default:
      throw fail(
        'value',
        `a Bundle of type '${bundle['type']}' cannot be submitted: expected batch or transaction`,
        'Bundle.type',
      )
  }
}

/** "return=minimal" never empties a response Bundle: its entries tell what became of each request. */
function answer(type: 'batch-response' | 'transaction-response', entries: readonly string[]): Answer {
  return { status: 200, body: { is: 'json', json: bundleText({ type }, entries) } }
}
