/** Signing in at an identity provider elsewhere: there, and back again. */
import { FhirError } from '../../fhir/issue.ts'
import type { Identity, IdentityProvider } from '../../security/external/identity-provider.ts'
import { accountFor } from '../../security/external/linked.ts'
import { html } from './html.ts'
import type { PageNeeds } from './needs.ts'
import { errorPage, leavingPage } from './notice-page.ts'
import { alert } from './parts.ts'
import type { Answer, Page, Visit } from './visit.ts'

function redirectOf({ origin, root }: Visit): string {
  return `${origin}${root}/account/callback`
}

/** `undefined`: there is no such provider. */
export async function leave(needs: PageNeeds, visit: Visit, anew: boolean): Promise<Answer | undefined> {
  const { external } = needs
  if (!external) return undefined
  const { tenant, from, at } = visit
  const to = await answered(needs, external, () =>
    external.provider.begin({ tenant, browser: from.token, at, redirect: redirectOf(visit), anew }),
  )
  return typeof to === 'string' ? leavingPage(external.provider.name, to) : to
}

/** The provider sends the browser back. */
export async function arrive(needs: PageNeeds, visit: Visit): Promise<Answer> {
  const { external, sessions, observe } = needs
  if (!external) return errorPage(404, 'Nothing is here', 'The address is wrong, or the page is gone.')
  const { tenant, from, query: answer } = visit
  const { provider, admitting } = external
  const returning = { tenant, browser: from.token, redirect: redirectOf(visit), answer }
  const returned = await answered(needs, external, () => provider.finish(returning))
  if ('body' in returned) return returned
  const { address, device, token } = from
  if (returned.is === 'refused') {
    observe({ event: 'account.refused', tenant, address, detail: 'external' })
    return sorry(provider, returned.at, html`${provider.name} did not sign you in: ${returned.why}.`)
  }
  const account = await accountFor(needs, tenant, returned.identity, admitting)
  if (!account || account.locked) {
    observe({
      event: 'account.refused',
      tenant,
      address,
      detail: 'external',
      ...(account ? { account: account.id } : {}),
    })
    return account
      ? sorry(provider, returned.at, 'Your account here is locked.')
      : sorry(provider, returned.at, unknown(provider, returned.identity))
  }
  const proven = { account: account.id, acr: 'aal1', amr: ['fed'], provenAt: returned.at, device, address } as const
  const started = await sessions.start(tenant, proven, token)
  observe({ event: 'account.signed-in', tenant, account: account.id, address, detail: 'fed' })
  return { to: returned.at, token: started.token }
}

/** A provider that does not answer is none of our bugs, but whoever runs this server should know. */
async function answered<T>(
  { observe }: PageNeeds,
  { provider }: { readonly provider: IdentityProvider },
  work: () => Promise<T>,
): Promise<T | Page> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof FhirError && error.status < 500) throw error
    observe({ event: 'page.failed', error })
    const text = `${provider.name} does not answer as it should. Please try again in a moment, or sign in another way.`
    return errorPage(502, 'This cannot be done', text)
  }
}

/** Nobody is let in who is not known: what is told is what an administrator needs to know. */
function unknown({ name }: IdentityProvider, { sub }: Identity) {
  return html`${name} knows you as <strong>${sub}</strong>, but that is linked to no account here. Ask whoever runs this server to link it.`
}

function sorry({ name }: IdentityProvider, at: string, text: ReturnType<typeof html> | string): Page {
  const body = html`${alert(text)}<p><a class="button" href="${at}">Back to signing in</a></p>`
  return { status: 403, title: `Not signed in by ${name}`, body }
}
