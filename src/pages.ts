/** Where people and apps come in: the authorization server and the pages on which people sign in, with what they need of all the others. */
import type { IncomingMessage } from 'node:http'
import type { Guard } from './guard.ts'
import type { BaseOf } from './http/base.ts'
import { brandsBy } from './http/brands.ts'
import type { Enter } from './http/entrance.ts'
import type { Front } from './http/front.ts'
import { oauthScope } from './http/oauth.ts'
import type { Apps, Authorization, Launches } from './http/pages/authorization.ts'
import { chartBy } from './http/pages/chart.ts'
import { type PagesNeeds, pagesScope } from './http/pages/pages.ts'
import type { Incoming } from './interactions/dispatch.ts'
import type { Answer } from './interactions/interaction.ts'
import type { Observe } from './observe.ts'
import type { Runtime } from './runtime.ts'
import { listClients, newSecret } from './security/smart/client.ts'
import { forgetSessions, listAllowed, revokeAllowed, revokeTokens } from './security/smart/grant.ts'
import { mintLaunch } from './security/smart/launch.ts'
import type { Smart } from './security/smart/smart.ts'
import type { Store } from './store/port.ts'

export type PagesAround = {
  readonly ask: (incoming: Incoming) => Promise<Answer>
  readonly baseOf: BaseOf
  readonly front: Front
  readonly enter: Enter
}

export function signInScopes(runtime: Runtime, guard: Guard, around: PagesAround) {
  const { outside, observe } = runtime
  const { ask, baseOf, front, enter } = around
  const { headers, throttles, addressOf } = front
  const count = (raw: IncomingMessage): void => throttles.token?.(addressOf(raw))
  const brands = brandsBy(ask, outside.clock)
  const { elapsed } = outside
  return [
    oauthScope({ ...guard.smart, baseOf, addressOf, enter, elapsed, observe, headers, count, brands }),
    pagesScope(pagesNeeds(runtime, guard, around)),
  ]
}

function pagesNeeds({ config, observe, store, tenants }: Runtime, guard: Guard, around: PagesAround): PagesNeeds {
  const { smart, people } = guard
  const { ask, baseOf, front, enter } = around
  return {
    ...people,
    authorization: authorizationBy(smart),
    apps: appsIn(store, smart, observe),
    launches: launchesIn(store, people),
    chart: chartBy(ask),
    forcedRoles: config.KILN_SECOND_FACTOR,
    isOpen: name => tenants.known(name) !== undefined,
    addressOf: front.addressOf,
    headers: front.headers,
    count: front.throttles.signIn,
    ...{ observe, baseOf, enter },
  }
}

/** The library behind it is loaded when somebody first asks. */
function authorizationBy({ signIn, signOut }: Smart): Authorization {
  return {
    asked: async browser => (await signIn()).asked(browser),
    finish: async (browser, decision) => (await signIn()).finish(browser, decision),
    refuse: async (browser, why) => (await signIn()).refuse(browser, why),
    leaving: async (window, wish) => (await signOut()).leaving(window, wish),
    end: async (window, client) => (await signOut()).end(window, client),
  }
}

function appsIn(store: Store, { revoked }: Smart, observe: Observe): Apps {
  return {
    list: (tenant, account) => listAllowed({ tenant, store }, account),
    async revoke(tenant, account, client) {
      const isRevoked = await revokeAllowed({ tenant, store, revoked }, account, client)
      if (isRevoked) observe({ event: 'oauth.token-revoked', tenant, client, account, detail: 'at the account page' })
      return isRevoked
    },
    forget: (tenant, account) => forgetSessions({ tenant, store }, account),
    end: (tenant, account) => revokeTokens({ tenant, store, revoked }, account),
  }
}

function launchesIn(store: Store, { clock, random }: Guard['people']): Launches {
  const newToken = (): string => newSecret(random)
  return {
    async clients(tenant) {
      const clients = await listClients(store, tenant)
      return clients.flatMap(({ metadata: { client_id: id, client_name: name = id, initiate_login_uri: url } }) =>
        url === undefined ? [] : [{ id, name, url }],
      )
    },
    mint: (tenant, context) => mintLaunch(store, tenant, context, { clock, newToken }),
  }
}
