import type { Test } from 'tap'
import { changeAccount } from '../../../src/security/accounts/account.ts'
import { onBothStores, type World } from '../../world.ts'
import { admitPatients, hostile, openBrowser, openSite, password, type Site, type WithoutScreen } from './site.ts'

const interaction = '/oauth/interaction/one'

async function open(t: Test, world: World): Promise<{ site: Site; browser: WithoutScreen }> {
  const site = await openSite(t, world)
  return { site, browser: openBrowser(site.origin) }
}

async function signIn(browser: WithoutScreen, name = 'ann', at = '/account', given = password): Promise<Response> {
  await browser.go(at)
  return browser.post(`${at}/sign-in`, { name, password: given })
}

await onBothStores(async (t, openWorld) => {
  await t.test('each page forbids what it does not need', async t => {
    const { browser } = await open(t, await openWorld())
    for (const path of [
      '/account',
      '/account/reset',
      '/account/launch',
      interaction,
      '/account/x/y',
      '/account/verify',
    ]) {
      const { headers } = await browser.go(path)
      t.equal(
        headers.get('content-security-policy'),
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        path,
      )
      t.equal(headers.get('x-frame-options'), 'DENY')
      t.equal(headers.get('cache-control'), 'no-store')
      t.equal(headers.get('referrer-policy'), 'same-origin')
      t.equal(headers.get('x-content-type-options'), 'nosniff')
      t.notMatch(
        browser.html(),
        / on\w+=|<script|style=|https?:\/\/(?!www\.w3)/,
        'nothing inline, nothing from elsewhere',
      )
    }
  })

  await t.test('cookies are for this host alone where there is TLS, and say so', async t => {
    const world = await openWorld()
    const plain = await openSite(t, world)
    const [cookie] = (await fetch(`${plain.origin}/account`)).headers.getSetCookie()
    t.match(cookie, /^kiln-account-default=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
    const secure = await openSite(t, world, { base: 'https://kiln.example' })
    const [other] = (await fetch(`${secure.origin}/account`)).headers.getSetCookie()
    t.match(other, /^__Host-kiln-account-default=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
  })

  await t.test('a form of somebody else is refused', async t => {
    const { site, browser } = await open(t, await openWorld())
    await site.add('ann')
    await browser.go('/account')
    const fields = { name: 'ann', password }
    const stranger = openBrowser(site.origin)
    await stranger.go('/account')
    const cases: [string, Record<string, string>, Record<string, string>][] = [
      ['no token', { csrf: '' }, {}],
      ['a wrong one', { csrf: 'x'.repeat(43) }, {}],
      ['of another browser', { csrf: stranger.csrf() }, {}],
      ['another origin', {}, { origin: 'https://evil.example' }],
      ['a hidden origin', {}, { origin: 'null' }],
      ['another media type', {}, { 'content-type': 'text/plain' }],
    ]
    for (const [name, over, headers] of cases) {
      await browser.go('/account')
      const answer = await browser.post('/account/sign-in', { ...fields, ...over }, headers)
      t.equal(answer.status, 403, name)
    }
    await browser.go('/account')
    const body = new URLSearchParams({ ...fields, csrf: browser.csrf() }).toString()
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    t.equal((await browser.go('/account/sign-in', { method: 'POST', headers, body })).status, 403, 'no origin at all')
    await browser.go('/account')
    t.equal((await browser.post('/account/sign-in', fields)).status, 303)
  })

  await t.test('signing in gives another token, and the one before is good for nothing', async t => {
    const { site, browser } = await open(t, await openWorld())
    await site.add('ann')
    await browser.go('/account')
    const before = browser.jar.get('kiln-account-default') ?? ''
    t.equal((await browser.post('/account/sign-in', { name: 'ann', password })).headers.get('location'), '/account')
    await browser.go('/account')
    t.match(browser.html(), /<h1>Your account<\/h1>/)
    t.not(browser.jar.get('kiln-account-default'), before)
    const thief = openBrowser(site.origin)
    thief.jar.set('kiln-account-default', before)
    await thief.go('/account')
    t.match(thief.html(), /<h1>Sign in<\/h1>/)
  })

  await t.test('wrong, unknown and locked: the same bytes, and the same work', async t => {
    const world = await openWorld()
    const { site } = await open(t, world)
    await site.add('ann')
    await site.add('old')
    await changeAccount(world.store, 'default', 'old', one => ({ ...one, locked: true }))
    const answers: string[] = []
    const works: number[] = []
    const token = 'A'.repeat(43)
    for (const [name, given] of [
      ['ann', 'wrong'],
      ['nil', password],
      ['old', password],
    ] as const) {
      const browser = openBrowser(site.origin)
      browser.jar.set('kiln-account-default', token)
      await browser.go('/account')
      const before = process.resourceUsage().userCPUTime
      const answer = await browser.post('/account/sign-in', { name, password: given })
      works.push(process.resourceUsage().userCPUTime - before)
      t.equal(answer.status, 422)
      const head = [...answer.headers].filter(([one]) => one !== 'date').join('\n')
      answers.push(`${head}\n${browser.html().replaceAll(`value="${name}"`, 'value=""')}`)
    }
    t.equal(new Set(answers).size, 1)
    const [wrong = 0, unknown = 0] = works
    t.ok(unknown > wrong / 5, `argon2 is worked out for nobody, too: ${unknown} and ${wrong} µs`)
  })

  await t.test('who guesses is told to wait', async t => {
    const { site, browser } = await open(t, await openWorld())
    await site.add('ann')
    for (let at = 0; at < 6; at++) await signIn(browser, 'ann', '/account', 'wrong')
    const answer = await signIn(browser)
    t.equal(answer.status, 429)
    t.equal(answer.headers.get('retry-after'), '30')
    t.match(browser.html(), /Too many attempts. Please try again in 30 seconds./)
  })

  await t.test('a forgotten password is asked for with one answer for everybody', async t => {
    const { site, browser } = await open(t, await openWorld())
    await site.add('ann', { email: { address: 'ann@example.org', verified: true } })
    const pages: string[] = []
    for (const name of ['ann', 'nobody']) {
      await browser.go('/account/reset')
      t.equal((await browser.post('/account/reset', { name })).status, 200)
      pages.push(browser.html())
    }
    t.equal(pages[0], pages[1])
    while (site.letters.length === 0) await new Promise(resolve => setTimeout(resolve, 10))
    const [link = ''] = /http\S+/.exec(site.letters[0]?.text ?? '') ?? []
    t.match(link, `${site.origin}/account/reset?token=`)
    await browser.go(link)
    await browser.go(link)
    t.equal((await browser.post('/account/new-password', { token: link.split('=')[1] ?? '', fresh: 'x' })).status, 422)
    await browser.go(link)
    const fresh = 'nine loud herons'
    const answer = await browser.post('/account/new-password', { token: link.split('=')[1] ?? '', fresh })
    t.equal(answer.status, 200, 'looking at the page has not used it up')
    await browser.go(link)
    t.match(browser.html(), /not good any more/)
    t.equal((await signIn(browser, 'ann', '/account', fresh)).status, 303)
  })

  await t.test('e-mail is spoken of only where somebody has an address, or could get one', async t => {
    for (const [mail, email, isTold] of [
      [false, undefined, false],
      [false, { address: 'ann@example.org', verified: true }, true],
      [true, undefined, true],
    ] as const) {
      const site = await openSite(t, await openWorld(), { mail })
      const browser = openBrowser(site.origin)
      await site.add('ann', email && { email })
      await signIn(browser)
      await browser.go('/account')
      t.match(browser.html(), /<h1>Your account<\/h1>/)
      t.equal(browser.html().includes('E-mail'), isTold)
    }
  })

  await t.test('hostile names are text', async t => {
    const world = await openWorld()
    await admitPatients(world)
    const { site, browser } = await open(t, world)
    await site.add('ann', { name: hostile, links: ['Practitioner/1'] })
    site.asked = {
      ...site.asked,
      client: { id: hostile, name: hostile },
      scopes: [...site.asked.scopes, hostile],
      loginHint: hostile,
    }
    await browser.go(interaction)
    t.notMatch(browser.html(), /<script>alert/)
    await signIn(browser, hostile, interaction)
    t.match(browser.html(), '&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;X')
    await signIn(browser, 'ann', interaction)
    for (const path of [
      `${interaction}?identifier=M-2`,
      `${interaction}?patient=evil`,
      '/account',
      `${interaction}?patient=${encodeURIComponent(hostile)}`,
    ]) {
      await browser.go(path)
      t.match(browser.html(), '&lt;script&gt;alert(1)&lt;/script&gt;', path)
      t.notMatch(browser.html(), /<script>alert|\u202e/, path)
    }
  })

  await t.test('from sign-in by the patient to a decision', async t => {
    const world = await openWorld()
    await admitPatients(world)
    const { site, browser } = await open(t, world)
    const { id } = await site.add('ann', { name: 'Ann', links: ['Practitioner/1'] })
    await browser.go(interaction)
    t.match(browser.html(), /to go on to <strong>Growth Chart<\/strong>/)
    t.equal((await signIn(browser, 'ann', interaction)).headers.get('location'), interaction)
    await browser.go(interaction)
    t.match(browser.html(), /Which patient\?/)
    await browser.go(`${interaction}?name=lov&identifier=&birthdate=`)
    t.match(browser.html(), /2 found[\s\S]*Ada Lovelace[\s\S]*born 1985-12-10 · female · no. M-0/)
    await browser.go(`${interaction}?name=&identifier=M-1&birthdate=`)
    t.match(browser.html(), /1 found[\s\S]*Ben Lovell/)
    await browser.go(`${interaction}?name=&identifier=&birthdate=1985-12-10`)
    t.match(browser.html(), /1 found[\s\S]*Ada/)
    await browser.go(`${interaction}?name=zzz`)
    t.match(browser.html(), /Nobody was found/)
    await browser.go(`${interaction}?name=lov%2C%24%7C&birthdate=nonsense`)
    t.match(browser.html(), /Nobody was found/, 'what is typed is no syntax')
    await browser.go(`${interaction}?patient=nobody`)
    t.match(browser.html(), /no such patient for you/)
    await browser.go(`${interaction}?patient=ada`)
    t.match(browser.html(), /Add, change and delete prescriptions of this patient/)
    t.match(browser.html(), /Keep its access when you are away/)
    t.equal(
      (await browser.post(`${interaction}/consent`, { patient: 'ada', choice: 'allow' })).status,
      422,
      'nothing chosen',
    )
    const answer = await browser.post(`${interaction}/consent`, {
      patient: 'ada',
      choice: 'allow',
      scope: 'patient/Observation.rs',
    })
    t.equal(answer.status, 200)
    t.match(
      browser.html(),
      /<meta http-equiv="refresh" content="0; url=http:\/\/127.0.0.1:\d+\/app\?code=x&amp;state=y">/,
    )
    t.same(site.decisions, [
      {
        account: { id, name: 'Ann', fhirUser: 'Practitioner/1' },
        scopes: ['patient/Observation.rs'],
        patient: 'ada',
        acr: 'aal1',
        amr: ['pwd'],
      },
    ])
  })

  await t.test('what was not asked for cannot be granted, and no patient who is not there', async t => {
    const world = await openWorld()
    await admitPatients(world)
    const { site, browser } = await open(t, world)
    await site.add('ann', { links: ['Practitioner/1'] })
    await signIn(browser, 'ann', interaction)
    await browser.go(`${interaction}?patient=ada`)
    await browser.post(`${interaction}/consent`, { patient: 'ada', choice: 'allow', scope: 'system/*.cruds' })
    await browser.go(`${interaction}?patient=ada`)
    await browser.post(`${interaction}/consent`, { patient: '../Practitioner/1', choice: 'allow', scope: 'openid' })
    await browser.go(`${interaction}?patient=ada`)
    await browser.post(`${interaction}/consent`, { choice: 'allow', scope: 'openid' })
    t.same(site.decisions, [])
    await browser.go(`${interaction}?patient=ada`)
    await browser.post(`${interaction}/consent`, { patient: 'ada', choice: 'refuse', scope: 'openid' })
    await browser.go(`${interaction}?patient=ada`)
    await browser.post(`${interaction}/cancel`, {})
    t.equal(site.refusals.length, 2)
  })

  await t.test('who is no professional chooses among his own', async t => {
    const world = await openWorld()
    await admitPatients(world)
    const { site } = await open(t, world)
    for (const [login, links, shown] of [
      ['ada', ['Patient/ada'], /Ada Lovelace/],
      ['mum', ['RelatedPerson/mum'], /Ben Lovell/],
    ] as const) {
      const browser = openBrowser(site.origin)
      await site.add(login, { links })
      await signIn(browser, login, interaction)
      await browser.go(interaction)
      t.match(browser.html(), /May this app have access\?/, 'there is but one')
      t.match(browser.html(), shown)
      await browser.go(`${interaction}?patient=evil`)
      t.match(browser.html(), /no such patient for you/)
      await browser.go(`${interaction}?name=lov`)
      t.notMatch(browser.html(), login === 'ada' ? /Ben/ : /Ada/)
      await browser.go(interaction)
      await browser.post(`${interaction}/consent`, { patient: 'evil', choice: 'allow', scope: 'openid' })
    }
    t.same(site.decisions, [])
    const browser = openBrowser(site.origin)
    await site.add('nobodys')
    await signIn(browser, 'nobodys', interaction)
    await browser.go(`${interaction}?name=lov`)
    t.match(browser.html(), /There is no patient that you could choose/)
  })

  await t.test('the visit can be chosen, too', async t => {
    const world = await openWorld()
    await admitPatients(world)
    const { site, browser } = await open(t, world)
    site.asked = { ...site.asked, choose: { patient: true, encounter: true } }
    await site.add('ann', { links: ['Practitioner/1'] })
    await signIn(browser, 'ann', interaction)
    await browser.go(`${interaction}?patient=ada`)
    t.match(browser.html(), /Which visit\?[\s\S]*inpatient[\s\S]*2026-01-02 · in-progress/)
    await browser.go(`${interaction}?patient=ada&encounter=e1`)
    await browser.post(`${interaction}/consent`, { patient: 'ada', encounter: 'e1', choice: 'allow', scope: 'openid' })
    t.match(site.decisions, [{ patient: 'ada', encounter: 'e1' }])
  })

  await t.test('who must sign in anew does so, though he is signed in', async t => {
    const { site, browser } = await open(t, await openWorld())
    site.asked = { ...site.asked, anew: true, choose: { patient: false, encounter: false } }
    await site.add('ann')
    await signIn(browser)
    await browser.go(interaction)
    t.match(browser.html(), /<h1>Sign in<\/h1>/)
    await signIn(browser, 'ann', interaction)
    await browser.go(interaction)
    t.match(browser.html(), /May this app have access\?/)
  })

  await t.test('what is over, elsewhere or unknown is said', async t => {
    const { site, browser } = await open(t, await openWorld())
    t.equal((await browser.go('/oauth/interaction/two')).status, 404)
    t.match(browser.html(), /This sign-in is over, or began in another browser/)
    t.equal((await browser.go('/account/a/b')).status, 404)
    t.equal((await browser.go('/t/nowhere/account')).status, 404)
    t.equal((await browser.go('/account', { method: 'PUT' })).status, 404)
    await browser.go('/account')
    const answer = await browser.post('/account/sign-in', { name: 'x'.repeat(70_000) })
    t.equal(answer.status, 413)
    t.match(browser.html(), /could not be understood/)
    t.same(
      site.events.filter(({ event }) => event === 'page.failed'),
      [],
    )
  })

  await t.test('tenants have pages, cookies and accounts of their own', async t => {
    const world = await openWorld()
    const site = await openSite(t, world, { tenants: ['north'] })
    await site.add('ann')
    const browser = openBrowser(site.origin)
    await browser.go('/t/north/account')
    t.match(browser.html(), /action="\/t\/north\/account\/sign-in"/)
    t.equal((await browser.post('/t/north/account/sign-in', { name: 'ann', password })).status, 422)
    t.ok(browser.jar.has('kiln-account-north'))
    await signIn(browser)
    browser.jar.set('kiln-account-north', browser.jar.get('kiln-account-default') ?? '')
    await browser.go('/t/north/account')
    t.match(browser.html(), /<h1>Sign in<\/h1>/)
  })
})
