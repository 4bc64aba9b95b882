/** Where links in letters lead: to a new password, and to a confirmed address. */
import { FhirError } from '../../fhir/issue.ts'
import { accountOfLink, askForReset, resetPassword, verifyEmail } from '../../security/accounts/own.ts'
import { linkFrom } from './account.ts'
import { newPassword } from './account-page.ts'
import { html } from './html.ts'
import type { PageNeeds } from './needs.ts'
import { errorPage } from './notice-page.ts'
import { alert, button, field, form, hidden, whose } from './parts.ts'
import type { Answer, Page, Visit } from './visit.ts'

/** The same answer for everybody, at once: who has an account is nobody's business. */
export async function forgotten(needs: PageNeeds, visit: Visit): Promise<Answer> {
  if (visit.action === '') return visit.query.has('token') ? choosePassword(needs, visit) : askWho(visit)
  const { form, from } = visit
  const name = (form.get('name') ?? '').slice(0, 254)
  askForReset(needs, from, name, linkFrom(visit)).catch(error => needs.observe({ event: 'page.failed', error }))
  const body = html`<p class="lead" role="status">If we know you and your address was confirmed, a letter with a link is on its way. It is good for 30 minutes.</p>
<p class="aside"><a href="${visit.root}/account">Back to signing in</a></p>`
  return { status: 200, title: 'Look into your mail', body }
}

function askWho(visit: Visit): Page {
  const body = html`<p class="lead">Tell us who you are, and we send you a link to choose a new password.</p>
${form(visit, 'reset', field({ name: 'name', label: 'User name or e-mail', autocomplete: 'username' }), button('Send the link'))}
<p class="aside"><a href="${visit.root}/account">Back to signing in</a></p>`
  return { status: 200, title: 'Forgot your password?', body }
}

const over = errorPage(
  410,
  'This link is not good any more',
  'It was used before, or is too old. You can ask for another one.',
)

/** Looking at the page does not use the link up: some mail programs look at each. */
async function choosePassword(needs: PageNeeds, visit: Visit, problem?: string): Promise<Page> {
  const token = visit.query.get('token') ?? visit.form.get('token') ?? ''
  const account = await accountOfLink(needs, visit.tenant, token, 'reset')
  if (!account) return over
  const body = html`<p class="lead">For the account <code>${account.login}</code>.</p>
${problem !== undefined && alert(problem)}
${form(visit, 'new-password', hidden('token', token), whose(account.login), newPassword, button('Keep it'))}`
  return { status: problem === undefined ? 200 : 422, title: 'Choose a new password', body }
}

export async function renew(needs: PageNeeds, visit: Visit): Promise<Answer> {
  const { tenant, form, root } = visit
  try {
    const account = await resetPassword(needs, tenant, form.get('token') ?? '', form.get('fresh') ?? '')
    if (!account) return over
    await needs.apps.end(tenant, account.id)
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    const [{ diagnostics = '' } = {}] = error.issues
    return choosePassword(needs, visit, `Not this one: ${diagnostics}.`)
  }
  const body = html`<p class="lead" role="status">You are signed out everywhere, and can sign in with it now.</p>
<p><a class="button" href="${root}/account">Sign in</a></p>`
  return { status: 200, title: 'Your password is changed', body }
}

export async function confirmAddress(needs: PageNeeds, visit: Visit): Promise<Answer> {
  const { tenant, query, form: given, action, root } = visit
  const token = query.get('token') ?? given.get('token') ?? ''
  if (action === '') {
    const account = await accountOfLink(needs, tenant, token, 'verify')
    if (!account) return over
    const body = html`<p class="lead">Is <strong>${account.email?.address}</strong> your address?</p>
${form(visit, 'verify', hidden('token', token), button('Yes, it is mine'))}`
    return { status: 200, title: 'Confirm your address', body }
  }
  if (!(await verifyEmail(needs, tenant, token))) return over
  const body = html`<p class="lead" role="status">Your address is confirmed.</p>
<p><a class="button" href="${root}/account">Go to your account</a></p>`
  return { status: 200, title: 'Thank you', body }
}
