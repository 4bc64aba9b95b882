/** Who comes in where somebody has to say who he is: the authorization server and those who sign in. */
import type { Config } from './config.ts'
import type { External } from './http/pages/needs.ts'
import type { Observe } from './observe.ts'
import { exchangeBy, keysBy, type Outlets, openOutlets } from './outlets.ts'
import { fhirUserOf } from './security/accounts/account.ts'
import { openAccounts } from './security/accounts/open.ts'
import { usable } from './security/accounts/own.ts'
import type { SignInNeeds } from './security/accounts/sign-in.ts'
import type { Accounts } from './security/smart/account.ts'
import { openSmart, type Smart } from './security/smart/smart.ts'
import type { Store } from './store/port.ts'

export type Guard = { readonly smart: Smart; readonly people: People }

export type People = SignInNeeds & {
  /** Where else people can sign in. */
  readonly external?: External
  /** That forms are bound to browsers by. */
  readonly formKey: Uint8Array
}

export type GuardNeeds = {
  readonly store: Store
  readonly clock: () => number
  readonly random: (bytes: number) => Uint8Array
  readonly newId: () => string
  readonly observe: Observe
  /** Of resources. */
  readonly types: readonly string[]
}

export async function openGuard(config: Config, needs: GuardNeeds): Promise<Guard> {
  const { store, clock, random, observe, types } = needs
  const { egress } = openOutlets(config)
  const smart = openSmart({
    ...{ store, clock, random, observe },
    accounts: accountsIn(store),
    fetch: keysBy(egress),
    types,
    registration: config.KILN_REGISTRATION,
    trusted: config.KILN_TRUSTED_ISSUERS,
    lifetime: config.KILN_ACCESS_TOKEN_LIFETIME,
    session: config.KILN_SESSION_LONGEST,
  })
  const accounts = await openAccounts({
    ...{ store, clock, random, observe },
    limits: { idle: config.KILN_SESSION_IDLE * 1000, longest: config.KILN_SESSION_LONGEST * 1000 },
    mailer: await mailerFor(config, needs),
  })
  const external = await externalBy(config, needs, egress)
  return { smart, people: { ...accounts, ...external, formKey: await store.secret('forms') } }
}

/** Loaded where it is used, as is the library behind it. */
async function externalBy(config: Config, { store, clock }: GuardNeeds, egress: Outlets['egress']) {
  const { KILN_OIDC_ISSUER: issuer, KILN_OIDC_CLIENT: login, KILN_OIDC_NAME: name } = config
  if (issuer === '') return {}
  const { openIdentityProvider } = await import('./security/external/identity-provider.ts')
  const colon = login.indexOf(':')
  const settings = { issuer, client: login.slice(0, colon), secret: login.slice(colon + 1) }
  const provider = openIdentityProvider(
    { ...settings, name: name === '' ? new URL(issuer).host : name },
    { store, clock, fetch: exchangeBy(egress) },
  )
  return { external: { provider, admitting: config.KILN_OIDC_ACCOUNTS } }
}

/** As they are now: whoever is locked gets no further token. */
function accountsIn(store: Store): Accounts {
  return {
    async find(tenant, id) {
      const account = await usable({ store }, tenant, id)
      if (!account) return undefined
      const fhirUser = fhirUserOf(account)
      const { name, roles } = account
      return { id, name, roles, ...(fhirUser === undefined ? {} : { fhirUser }) }
    },
  }
}

/** Loaded where mail is sent: it would cost every start a tenth of a second. */
async function mailerFor({ KILN_MAIL_URL: url, KILN_MAIL_FROM: from }: Config, { newId }: GuardNeeds) {
  if (url === '') return undefined
  const { openMailer } = await import('./security/accounts/mailer.ts')
  return openMailer({ url, from, newName: newId })
}
