/**
 * What happens between an authorization request and its answer: somebody signs in, chooses and agrees. The pages that see to it
 * know no OAuth: they learn what is asked, and say what was decided.
 */
import { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { errors, type Provider } from 'oidc-provider'
import { fail } from '../../fhir/issue.ts'
import type { Store } from '../../store/port.ts'
import type { Place } from './access-token.ts'
import type { Account } from './account.ts'
import { issuerOf } from './issuer.ts'
import { type FhirContext, keepContext, type LaunchContext, readLaunch, takeLaunch } from './launch.ts'
import { incoming } from './request.ts'
import { needsPatient, plainScopes, split } from './scopes.ts'

/** The browser in which it happens: nobody else may go on with it. */
export type Browser = {
  readonly place: Place
  /** Of the URL `/oauth/interaction/{uid}`. */
  readonly uid: string
  /** The Cookie header. */
  readonly cookie: string | undefined
}

export type Asked = {
  readonly client: { readonly id: string; readonly name?: string; readonly logo?: string; readonly uri?: string }
  /** No more than the client may have. Each may be refused. */
  readonly scopes: readonly string[]
  /** What the app was started with. */
  readonly launch: LaunchContext
  /** What must be chosen, because the app was not started with it. */
  readonly choose: { readonly patient: boolean; readonly encounter: boolean }
  /** Somebody who is signed in in this browser already. */
  readonly account?: string
  /** He must sign in all the same. */
  readonly anew: boolean
  /** As the client says it: https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest */
  readonly loginHint?: string
  readonly acr: readonly string[]
}

export type Decision = {
  readonly account: Account
  /** Of those that were asked for. */
  readonly scopes: readonly string[]
  /** Ids. */
  readonly patient?: string
  readonly encounter?: string
  readonly fhirContext?: readonly FhirContext[]
  /** How he signed in: https://www.rfc-editor.org/rfc/rfc8176 */
  readonly amr?: readonly string[]
  readonly acr?: string
  /** Longer than the browser is open. */
  readonly remember?: boolean
}

export type SignIn = {
  /** Throws a 404 where nothing is asked, or in another browser. */
  readonly asked: (browser: Browser) => Promise<Asked>
  /** Where the browser goes on. */
  readonly finish: (browser: Browser, decision: Decision) => Promise<string>
  readonly refuse: (browser: Browser, why: string) => Promise<string>
}

export type SignInNeeds = {
  readonly store: Store
  readonly clock: () => number
  readonly provider: (place: Place) => Promise<Provider>
}

export function openSignIn({ store, clock, provider: providerOf }: SignInNeeds): SignIn {
  async function interactionOf(browser: Browser) {
    const provider = await providerOf(browser.place)
    const request = cookieRequest(browser)
    const response = new ServerResponse(request)
    const interaction = await provider.interactionDetails(request, response).catch(notThere)
    if (interaction?.uid !== browser.uid) throw fail('not-found', 'this sign-in is over, or began in another browser')
    const end = (result: Parameters<Provider['interactionResult']>[2]) =>
      provider.interactionResult(request, response, result, { mergeWithLastSubmission: false })
    return { provider, interaction, end, params: interaction.params as Params }
  }

  return {
    async asked(browser) {
      const { provider, interaction, params } = await interactionOf(browser)
      const client = await provider.Client.find(params.client_id)
      const launch = params.launch ? await readLaunch(store, browser.place.tenant, params.launch) : undefined
      return askedBy(params, client, launch ?? {}, interaction)
    },
    async finish(browser, decision) {
      const { provider, params, end } = await interactionOf(browser)
      const { tenant } = browser.place
      const scopes = split(params.scope).filter(text => decision.scopes.includes(text))
      const launch = await launched(store, tenant, params, scopes)
      const context = contextFor(browser.place, scopes, decision, launch)
      const { id, name, fhirUser } = decision.account
      const grant = new provider.Grant({ accountId: id, clientId: params.client_id })
      settle(grant, params, scopes)
      const grantId = await grant.save()
      const who = { ...(name ? { name } : {}), ...(fhirUser ? { fhirUser } : {}) }
      const expires = clock() + grant.remainingTTL * 1000
      await keepContext(store, tenant, grantId, { ...context, ...who }, expires)
      const { acr, amr, remember = false } = decision
      const how = { ...(acr ? { acr } : {}), ...(amr ? { amr: [...amr] } : {}) }
      return end({ login: { accountId: id, remember, ...how }, consent: { grantId } })
    },
    async refuse(browser, why) {
      const { end } = await interactionOf(browser)
      return end({ error: 'access_denied', error_description: why })
    },
  }
}

type Params = {
  readonly client_id: string
  readonly scope?: string
  readonly launch?: string
  readonly resource?: string | readonly string[]
  readonly login_hint?: string
  readonly acr_values?: string
}

function notThere(error: unknown): undefined {
  if (error instanceof errors.SessionNotFound) return undefined
  throw error
}

function cookieRequest({ place, uid, cookie }: Browser) {
  const path = `/oauth/interaction/${uid}`
  const headers = { cookie }
  const from = { socket: new Socket(), address: '' }
  return incoming(place, { method: 'GET', path, query: '', headers, body: new Uint8Array(), ...from })
}

function askedBy(
  params: Params,
  client: Awaited<ReturnType<Provider['Client']['find']>>,
  launch: LaunchContext,
  { session, prompt }: { session?: { accountId: string } | undefined; prompt: { reasons: readonly string[] } },
): Asked {
  const scopes = split(params.scope)
  const { clientName: name, logoUri: logo, clientUri: uri } = client ?? {}
  return {
    client: { id: params.client_id, ...(name ? { name } : {}), ...(logo ? { logo } : {}), ...(uri ? { uri } : {}) },
    scopes,
    launch,
    choose: {
      patient: needsPatient(scopes) && launch.patient === undefined,
      encounter: scopes.includes('launch/encounter') && launch.encounter === undefined,
    },
    ...(session ? { account: session.accountId } : {}),
    anew: prompt.reasons.some(reason => reason === 'login_prompt' || reason === 'max_age'),
    ...(params.login_hint === undefined ? {} : { loginHint: params.login_hint }),
    acr: split(params.acr_values),
  }
}

/** The launch is used up by this. */
async function launched(
  store: Store,
  tenant: string,
  { launch }: Params,
  scopes: readonly string[],
): Promise<LaunchContext> {
  if (launch === undefined || !scopes.includes('launch')) return {}
  const context = await takeLaunch(store, tenant, launch)
  if (!context) throw fail('expired', 'this launch was used before, or is over: start the app again', undefined, gone)
  return context
}

const gone = { status: 400 }

/** What the app was started with cannot be chosen otherwise. */
function contextFor(
  { tenant, base }: Place,
  scopes: readonly string[],
  decision: Decision,
  launch: LaunchContext,
): LaunchContext {
  const { fhirContext } = decision
  const patient = launch.patient ?? (needsPatient(scopes) ? decision.patient : undefined)
  const encounter = launch.encounter ?? (scopes.includes('launch/encounter') ? decision.encounter : undefined)
  if (needsPatient(scopes) && patient === undefined) throw fail('required', 'a patient must be chosen', undefined, gone)
  return {
    need_patient_banner: true, // unless an EHR says that it shows one itself
    smart_style_url: `${issuerOf(base)}/oauth/smart-style.json`,
    ...(tenant === 'default' ? {} : { tenant }),
    ...launch,
    ...(patient === undefined ? {} : { patient }),
    ...(encounter === undefined ? {} : { encounter }),
    ...(fhirContext === undefined ? {} : { fhirContext }),
  }
}

const plain: ReadonlySet<string> = new Set(plainScopes)

/** What is neither granted nor refused would be asked for again. */
function settle(grant: InstanceType<Provider['Grant']>, { scope, resource }: Params, granted: readonly string[]): void {
  const refused = split(scope).filter(text => !granted.includes(text))
  const some = (texts: readonly string[], act: (text: string) => void): void => {
    if (texts.length > 0) act(texts.join(' '))
  }
  some(
    granted.filter(text => plain.has(text)),
    text => grant.addOIDCScope(text),
  )
  some(
    refused.filter(text => plain.has(text)),
    text => grant.rejectOIDCScope(text),
  )
  for (const one of [resource ?? []].flat()) {
    some(granted, text => grant.addResourceScope(one, text))
    some(refused, text => grant.rejectResourceScope(one, text))
  }
}
