/** Whether somebody may do something at all, said before any data is touched, and the store as it looks to who does it. */
import { fail } from '../fhir/issue.ts'
import type { Letter } from '../security/access/access.ts'
import { auditType } from '../security/audit/audit-event.ts'
import { unaudited } from './audited.ts'
import type { Context, FhirRequest, Interaction } from './interaction.ts'

/** Of a Bundle, whose entries do all kinds of things. To be allowed to create shows nothing of what is there. */
export const letters: readonly Letter[] = ['r', 'u', 'd', 's']

type Asked = { readonly interaction: Interaction; readonly request: Pick<FhirRequest, 'target'> }

/** Throws a 403 where all of it is closed to the principal. Entries of a Bundle are admitted one by one. */
export function admitted(ctx: Context, asked: Asked): Context {
  const { scope } = asked.interaction
  mustBeOpen(ctx, asked)
  if (ctx.access.unlimited && ctx.recording === undefined) return ctx
  return before(ctx, lettersOf(scope))
}

/** The same with the store as it looks to the principal while doing this. */
export function before(ctx: Context, letters: readonly Letter[]): Context {
  const { behind, recording } = ctx
  return { ...ctx, store: ctx.guard(recording?.(behind) ?? behind, letters) }
}

/** What is written may be chosen by criteria, among what may be found. */
function lettersOf(scope: Interaction['scope']): readonly Letter[] {
  switch (scope) {
    case 'entries':
    case 'all':
      return letters
    case 'none':
    case 'r':
      return ['r']
    case 'c':
    case 's':
      return ['r', 's']
    default:
      return ['r', 's', scope]
  }
}

export function mustBeOpen(
  ctx: Pick<Context, 'access' | 'audited'>,
  { interaction, request: { target } }: Asked,
): void {
  const { access, audited } = ctx
  const { scope, code, verb } = interaction
  if (audited !== unaudited && target.type === auditType && isWriting(scope)) throw unwritable
  if (code === 'operation' && !access.runs(verb.slice(1))) throw notRun(verb)
  if (scope === 'entries' || scope === 'none' || access.unlimited) return
  if (scope === 'all') throw forAdministrators(interaction.verb)
  const type = target.at === 'compartment' ? target.of : target.type
  const anywhere = type === '' || type === '*'
  if (anywhere ? access.somewhere(scope) : access.may(scope, type).is !== 'none') return
  throw closed(scope, anywhere ? 'resource' : type)
}

function notRun(verb: string): Error {
  return fail('forbidden', `your rights do not allow the operation ${verb}`, undefined, insufficient)
}

function isWriting(scope: Interaction['scope']): boolean {
  return scope === 'c' || scope === 'u' || scope === 'd'
}

/** Nor by who may do everything: an audit that can be changed proves nothing. Where there is none, clients may keep their own. */
const unwritable = fail('not-supported', 'AuditEvents are written by the server alone, and stay', undefined, {
  status: 405,
  headers: { allow: 'GET, HEAD' },
})

function forAdministrators(verb: string): Error {
  const text = `${verb} is for those who may do everything: expected a token of an administrator`
  return fail('forbidden', text, undefined, insufficient)
}

const doing = { c: 'create', r: 'read', u: 'update', d: 'delete', s: 'search' }

/** https://www.rfc-editor.org/rfc/rfc6750#section-3.1 */
export function closed(letter: Letter, type: string): Error {
  return fail('forbidden', `your rights do not allow to ${doing[letter]} any ${type}`, undefined, insufficient)
}

const insufficient = { headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } }
