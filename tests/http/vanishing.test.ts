/** Whoever and whatever takes part in a sign-in may be gone before it ends: that is told, and is no bug of ours. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import * as oauth from 'oauth4webapi'
import { addAccount, changeAccount } from '../../src/security/accounts/account.ts'
import { hashPassword } from '../../src/security/accounts/password.ts'
import { removeClient } from '../../src/security/smart/client.ts'
import { changeTenant, type Tenant } from '../../src/security/tenants/tenant.ts'
import { type App, authorizing, onEachStore, plainly, redirect, registered, type Way } from '../security/smart/app.ts'
import { type Kiln, openKiln } from './kiln.ts'
import { openBrowser, type WithoutScreen } from './pages/site.ts'

const password = 'seven quiet herons'
const scope = 'openid offline_access user/Patient.rs'
const tenant = 'north'
const other: Tenant = { name: tenant, is: 'open', since: 0, integrity: false, quota: {} }

const hash = await hashPassword(password, randomBytes)

type Scene = {
  readonly kiln: Kiln
  readonly app: App
  readonly login: string
  readonly account: string
  readonly browser: WithoutScreen
  readonly way: Way
}

async function begin(kiln: Kiln): Promise<Scene> {
  const login = `grey-${randomBytes(4).toString('hex')}`
  const own = { store: kiln.store, clock: Date.now, random: randomBytes }
  const wanted = { login, links: ['Practitioner/1'], password: hash }
  const { id: account } = await addAccount(own, tenant, wanted)
  const app = await registered(kiln, { client_name: 'Growth chart' }, undefined, tenant)
  const way = await authorizing(app, `${kiln.origin}/t/${tenant}/fhir`, scope)
  return { kiln, app, login, account, browser: openBrowser(kiln.origin), way }
}

function post({ browser, kiln }: Scene, path: string, fields: readonly [string, string][]): Promise<Response> {
  const body = new URLSearchParams([['csrf', browser.csrf()], ...fields]).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: kiln.origin }
  return browser.go(path, { method: 'POST', body, headers })
}

type Step = { readonly name: string; readonly go: (scene: Scene, to: string) => Promise<Response> }

const chosen = [['choice', 'allow'], ...scope.split(' ').map(one => ['scope', one])] as [string, string][]

/** Each goes on from the address to which the one before has led. */
const steps: readonly Step[] = [
  { name: 'the app asks', go: ({ browser, way }) => browser.go(way.url.href) },
  { name: 'the page is shown', go: ({ browser }, to) => browser.go(to) },
  {
    name: 'he signs in',
    go: (scene, to) =>
      post(scene, `${to}/sign-in`, [
        ['name', scene.login],
        ['password', password],
      ]),
  },
  { name: 'he is asked', go: ({ browser }, to) => browser.go(to) },
  { name: 'he agrees', go: (scene, to) => post(scene, `${to}/consent`, chosen) },
  { name: 'the browser goes back', go: ({ browser }, to) => browser.go(to) },
  { name: 'the app takes its code', go: ({ app, way }, to) => exchange(app, way, to) },
]

async function exchange({ server, client, auth }: App, { state, verifier }: Way, to: string): Promise<Response> {
  const back = oauth.validateAuthResponse(server, client, new URL(to), state)
  return oauth.authorizationCodeGrantRequest(server, client, auth, back, redirect, verifier, plainly)
}

async function nextOf({ browser }: Scene, answer: Response, before: string): Promise<string> {
  const next = /content="0; url=([^"]+)"/.exec(browser.html())?.[1]?.replaceAll('&amp;', '&')
  const to = answer.headers.get('location') ?? next ?? before
  return new URL(to, before === '' ? undefined : before).href
}

type Loss = {
  readonly name: string
  readonly happen: (scene: Scene) => Promise<unknown>
  /** Nothing comes of it, however late it happens. */
  readonly isFatal: boolean
}

const losses: readonly Loss[] = [
  {
    name: 'an account is erased',
    isFatal: true,
    happen: ({ kiln, login }) => kiln.store.dropNote({ tenant, kind: 'account', id: login }),
  },
  {
    name: 'an account is locked',
    isFatal: true,
    happen: ({ kiln, login }) => changeAccount(kiln.store, tenant, login, one => ({ ...one, locked: true })),
  },
  {
    name: 'a client is removed',
    isFatal: true,
    happen: ({ kiln, app }) => removeClient(kiln.store, tenant, app.client.client_id),
  },
  { name: 'a tenant is locked', isFatal: true, happen: ({ kiln }) => stand(kiln, 'locked') },
  {
    name: 'a session ends',
    isFatal: false,
    happen: ({ kiln, account }) => kiln.store.dropNotes(tenant, 'account-session', `account:${account}`),
  },
  {
    name: 'a session of the authorization server ends',
    isFatal: false,
    happen: ({ kiln, account }) => kiln.store.dropNotes(tenant, 'oauth-session', `account:${account}`),
  },
  { name: 'a sign-in is over', isFatal: false, happen: ({ kiln }) => forget(kiln, 'oauth-interaction') },
  {
    name: 'a grant is gone',
    isFatal: false,
    happen: ({ kiln, account }) => kiln.store.dropNotes(tenant, 'oauth-grant', `account:${account}`),
  },
]

async function stand({ store }: Kiln, is: Tenant['is']): Promise<void> {
  await changeTenant(store, tenant, other, one => ({ ...one, is }))
  await sleep(550) // until all know
}

async function forget({ store }: Kiln, kind: string): Promise<void> {
  for (const { id } of await store.notes({ tenant, kind, limit: 1_000 })) await store.dropNote({ tenant, kind, id })
}

const failures: ReadonlySet<string> = new Set(['page.failed', 'oauth.failed', 'http.failed'])

await onEachStore(async (t, settings) => {
  const kiln = await openKiln(t, { ...settings, KILN_TENANTS: tenant })
  const failed = (): number => kiln.events.filter(({ event }) => failures.has(event)).length

  /** Each step, if the one before led anywhere; what the last one answered. */
  async function play(scene: Scene, lost: number, happen: Loss['happen']): Promise<readonly Response[]> {
    const answers: Response[] = []
    let to = ''
    for (const [at, { go }] of steps.entries()) {
      if (at === lost) await happen(scene)
      if (at === steps.length - 1 && !to.startsWith(redirect)) break
      const answer = await go(scene, to)
      answers.push(answer)
      if (at < steps.length - 1) to = await nextOf(scene, answer, to || scene.way.url.href)
    }
    return answers
  }

  for (const { name, happen, isFatal } of losses) {
    for (const [lost, step] of steps.entries()) {
      await t.test(`${name} before ${step.name}`, async t => {
        const before = failed()
        const answers = await play(await begin(kiln), lost, happen)
        t.equal(failed(), before)
        t.same(
          answers.map(({ status }) => status).filter(status => status >= 500),
          [],
        )
        const isGranted = answers.length === steps.length && answers.at(-1)?.status === 200
        if (isFatal) t.notOk(isGranted)
        if (name === 'a tenant is locked') await stand(kiln, 'open')
      })
    }
  }

  await t.test('who comes back with the session of an account that is gone is asked who he is', async t => {
    const scene = await begin(kiln)
    const answers = await play(scene, -1, async () => {})
    t.equal(answers.at(-1)?.status, 200, 'nothing is lost')
    await kiln.store.dropNote({ tenant, kind: 'account', id: scene.login })
    const again = await scene.browser.go(
      (await authorizing(scene.app, `${kiln.origin}/t/${tenant}/fhir`, scope)).url.href,
    )
    await scene.browser.go(again.headers.get('location') ?? '')
    t.match(scene.browser.html(), /<h1>Sign in<\/h1>/)
    const silent = await authorizing(scene.app, `${kiln.origin}/t/${tenant}/fhir`, scope, { prompt: 'none' })
    const told = (await scene.browser.go(silent.url.href)).headers.get('location') ?? ''
    t.match(new URL(told).searchParams.get('error'), /login_required|interaction_required/)
    t.equal(failed(), 0)
  })
})
