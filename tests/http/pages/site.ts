/** The pages on a real socket, a hospital behind them, and an app that asks: what the authorization server would be told is kept. */
import { randomBytes } from 'node:crypto'
import { fastify } from 'fastify'
import type { Test } from 'tap'
import { fail } from '../../../src/fhir/issue.ts'
import { commonHeaders } from '../../../src/http/headers.ts'
import type { Allowed, Asked, Decision } from '../../../src/http/pages/authorization.ts'
import { chartBy } from '../../../src/http/pages/chart.ts'
import type { PageEvent } from '../../../src/http/pages/needs.ts'
import { pagesScope } from '../../../src/http/pages/pages.ts'
import { dispatch } from '../../../src/interactions/dispatch.ts'
import { type Account, addAccount, type NewAccount } from '../../../src/security/accounts/account.ts'
import type { AccountEvent } from '../../../src/security/accounts/event.ts'
import type { Letter } from '../../../src/security/accounts/mailer.ts'
import { openAccounts } from '../../../src/security/accounts/open.ts'
import { hashPassword } from '../../../src/security/accounts/password.ts'
import type { SignInNeeds } from '../../../src/security/accounts/sign-in.ts'
import type { Loose, World } from '../../world.ts'

export const password = 'seven quiet herons'

export type Site = {
  /** `http://localhost:PORT` */
  readonly origin: string
  readonly accounts: SignInNeeds
  readonly letters: Letter[]
  readonly events: (AccountEvent | PageEvent)[]
  /** What the app asks for; a test may change it. */
  asked: Asked
  readonly decisions: Decision[]
  readonly refusals: string[]
  readonly allowed: Allowed[]
  readonly launched: object[]
  add(login: string, over?: Partial<NewAccount>): Promise<Account>
}

const asked: Asked = {
  client: { id: 'growth', name: 'Growth Chart', uri: 'https://growth.example/about' },
  scopes: ['launch/patient', 'patient/Observation.rs', 'patient/MedicationRequest.cud', 'openid', 'offline_access'],
  launch: {},
  choose: { patient: true, encounter: false },
  anew: false,
  acr: [],
}

export type SiteOver = { readonly base?: string; readonly tenants?: readonly string[]; readonly mail?: boolean }

export async function openSite(t: Test, world: World, over: SiteOver = {}): Promise<Site> {
  const events: (AccountEvent | PageEvent)[] = []
  const letters: Letter[] = []
  const accounts = await openAccounts({
    store: world.store,
    clock: () => world.clock,
    random: randomBytes,
    limits: { idle: 30 * 60_000, longest: 12 * 60 * 60_000 },
    mailer: over.mail === false ? undefined : async letter => void letters.push(letter),
    observe: event => void events.push(event),
  })
  const server = fastify({ logger: false })
  let port = 0
  const state = {
    ...{ asked, decisions: [] as Decision[], refusals: [] as string[], allowed: [] as Allowed[] },
    launched: [] as object[],
  }
  const app = () => `http://127.0.0.1:${port}/app`
  server.register(
    pagesScope({
      ...accounts,
      chart: chartBy(incoming => dispatch(world.ctx, incoming)),
      forcedRoles: ['administrator'],
      observe: event => void events.push(event),
      authorization: {
        async asked({ uid }) {
          if (uid !== 'one') throw fail('not-found', 'this sign-in is over, or began in another browser')
          return state.asked
        },
        async finish(_browser, decision) {
          state.decisions.push(decision)
          return `${app()}?code=x&state=y`
        },
        async refuse(_browser, why) {
          state.refusals.push(why)
          return `${app()}?error=access_denied`
        },
        leaving: async () => ({ isProven: false }),
        end: async () => {},
      },
      apps: {
        list: async () => state.allowed,
        async revoke(_tenant, _account, client) {
          const at = state.allowed.findIndex(one => one.client === client)
          return at >= 0 && state.allowed.splice(at, 1).length > 0
        },
        forget: async () => {},
        end: async () => {},
      },
      launches: {
        clients: async () => [{ id: 'growth', name: 'Growth Chart', url: `${app()}?theme=blue` }],
        async mint(_tenant, context) {
          state.launched.push(context)
          return 'launch-token'
        },
      },
      baseOf: (_request, tenant) => {
        const root = over.base ?? `http://localhost:${port}`
        return tenant === 'default' ? `${root}/fhir` : `${root}/t/${tenant}/fhir`
      },
      enter: () => {},
      isOpen: name => over.tenants?.includes(name) === true,
      addressOf: ({ socket }) => socket.remoteAddress ?? '',
      headers: commonHeaders({ isSecure: () => over.base?.startsWith('https:') === true, maxAge: 60 }),
      count: undefined,
      formKey: randomBytes(32),
    }),
  )
  server.get('/app', async (request, reply) =>
    reply.type('text/html').send(`<title>App</title>${request.url.replaceAll('<', '')}`),
  )
  await server.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    server.server.closeAllConnections()
    await server.close()
  })
  port = (server.server.address() as { port: number }).port
  const hash = await hashPassword(password, randomBytes)
  return Object.assign(state, {
    origin: `http://localhost:${port}`,
    ...{ accounts, letters, events },
    add: (login: string, more: Partial<NewAccount> = {}) =>
      addAccount(accounts, 'default', { login, password: hash, roles: rolesOf(more.links ?? []), ...more }),
  })
}

/** What somebody may do is for policies to say, which go by roles. */
function rolesOf(links: readonly string[]): readonly string[] {
  const roles = { Practitioner: 'physician', PractitionerRole: 'physician', Patient: 'patient', RelatedPerson: 'proxy' }
  return links.flatMap(link => roles[link.split('/', 1)[0] as keyof typeof roles] ?? [])
}

export const hostile = `<script>alert(1)</script>"'&\u202eX`

/** Patients of whom one has a name that would do harm if it were believed. */
export async function admitPatients({ ask }: World): Promise<void> {
  const mr = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] }
  const patients: Loose[] = [
    { id: 'ada', name: [{ family: 'Lovelace', given: ['Ada'] }], birthDate: '1985-12-10', gender: 'female' },
    { id: 'ben', name: [{ family: 'Lovell', given: ['Ben'] }], birthDate: '2019-03-02', gender: 'male' },
    { id: 'evil', name: [{ family: hostile }], birthDate: '1990-01-01' },
  ]
  for (const [at, patient] of patients.entries()) {
    const identifier = [{ value: `ssn-${at}` }, { type: mr, system: 'urn:mrn', value: `M-${at}` }]
    await ask('PUT', `Patient/${patient.id}`, { resourceType: 'Patient', identifier, ...patient })
  }
  await ask('PUT', 'Encounter/e1', {
    ...{ resourceType: 'Encounter', id: 'e1', status: 'in-progress', subject: { reference: 'Patient/ada' } },
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP', display: 'inpatient' },
    period: { start: '2026-01-02' },
  })
  await ask('PUT', 'RelatedPerson/mum', {
    ...{ resourceType: 'RelatedPerson', id: 'mum', patient: { reference: 'Patient/ben' } },
  })
}

/** A browser without a screen: it keeps cookies, sends forms as they are, and follows nothing. */
export function openBrowser(origin: string, headers: Record<string, string> = {}) {
  const jar = new Map<string, string>()
  let html = ''
  let url = origin
  async function go(path: string, init: RequestInit = {}): Promise<Response> {
    url = new URL(path, url).href
    const cookie = [...jar].map(pair => pair.join('=')).join('; ')
    const sent = { ...headers, ...(cookie === '' ? {} : { cookie }), ...(init.headers as object) }
    const answer = await fetch(url, { ...init, headers: sent, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    html = await answer.clone().text()
    return answer
  }
  const csrf = (): string => /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? ''
  async function post(
    path: string,
    fields: Record<string, string>,
    over: Record<string, string> = {},
  ): Promise<Response> {
    const body = new URLSearchParams({ csrf: csrf(), ...fields }).toString()
    const sent = { 'content-type': 'application/x-www-form-urlencoded', origin, ...over }
    return go(path, { method: 'POST', body, headers: sent })
  }
  return { jar, go, post, csrf, html: () => html }
}

export type WithoutScreen = ReturnType<typeof openBrowser>
