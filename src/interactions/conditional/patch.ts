/** https://hl7.org/fhir/R4/http.html#patch: "Servers may also support conditional patch"; by the same criteria as conditional update. */
import { fail } from '../../fhir/issue.ts'
import type { Version } from '../../store/port.ts'
import type { Interaction } from '../interaction.ts'
import { patched } from '../patch.ts'
import { patchDocument } from '../patch-document.ts'
import { writeCondition } from '../preconditions.ts'
import { retried, succeed } from '../replace.ts'
import { type Criteria, criteriaOf } from './criteria.ts'
import { look, only, termsOf } from './look.ts'

export const conditionalPatch: Interaction = {
  code: 'patch',
  method: 'PATCH',
  at: 'type',
  verb: '',
  scope: 'u',
  audit: 'U',
  cost: 2,
  async handle(ctx, request) {
    const { tenant, target, headers, query } = request
    const { type } = target
    const asked = writeCondition(headers['if-match'], headers['if-none-match'])
    const document = patchDocument(request)
    const criteria = await criteriaOf(ctx, request, type, query)
    return retried(async () => {
      const found = await look(ctx, tenant, criteria)
      const current = mustMatch(criteria, only(found))
      const key = { tenant, type, id: current.id }
      const next = () => patched(ctx, request, key, current, document)
      return succeed(ctx, request, { method: 'PATCH', key, current, asked, next, terms: termsOf(found, false) })
    })
  },
}

/** "No matches: The server returns a 404 Not Found". */
export function mustMatch({ type, text }: Criteria, match: Version | undefined): Version {
  if (match) return match
  throw fail('not-found', `nothing matches '${type}?${text}'`)
}
