/** The pages in a real browser, whose policy does not let them do what they should not need. */

import type { Browser, Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { openChromium } from '../../browser/chromium.ts'
import { codeAt } from '../../security/accounts/people.ts'
import { onBothStores, type World } from '../../world.ts'
import { admitPatients, hostile, openSite, password, type Site } from './site.ts'

const interaction = '/oauth/interaction/one'

type Visit = { readonly site: Site; readonly page: Page; readonly complaints: string[] }

/** What the browser refuses, or stumbles over, is a complaint. */
async function open(t: Test, browser: Browser, world: World): Promise<Visit> {
  const site = await openSite(t, world)
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const complaints: string[] = []
  // What a policy forbids is told as refused; a load that a navigation cut off is no complaint.
  page.on('console', message => {
    if (!message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('request', request => {
    if (!request.url().startsWith(site.origin) && !request.url().includes('/app')) complaints.push(request.url())
  })
  t.teardown(() => context.close())
  return { site, page, complaints }
}

async function signIn(page: Page, name = 'ann'): Promise<void> {
  await page.getByLabel('User name or e-mail').fill(name)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent()

t.setTimeout(240_000)
await onBothStores(async (t, openWorld) => {
  t.setTimeout(120_000)
  const browser = await openChromium(t)
  if (!browser) return
  await t.test('an app gets what was agreed to, by keyboard alone', async t => {
    const world = await openWorld()
    await admitPatients(world)
    const { site, page, complaints } = await open(t, browser, world)
    await site.add('ann', { name: 'Ann', links: ['Practitioner/1'] })
    await page.goto(site.origin + interaction)
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key)
    }
    const tabTo = async (name: string) => {
      for (let at = 0; at < 40; at++) {
        await press('Tab')
        const focused = await page.evaluate<string>(
          `document.activeElement?.closest('label, a, button, p')?.textContent ?? ''`,
        )
        if (focused.includes(name)) return
      }
      throw new Error(`${name} cannot be reached`)
    }
    await tabTo('Skip to content')
    await tabTo('User name')
    await page.keyboard.type('ann')
    await tabTo('Password')
    await page.keyboard.type(password)
    await press('Enter')
    await page.waitForSelector('text=Which patient?')
    await tabTo('Name')
    await page.keyboard.type('lovelac')
    await press('Enter')
    await page.waitForSelector('text=1 found')
    await tabTo('Ada Lovelace')
    await press('Enter')
    await page.waitForSelector('text=May this app have access?')
    await tabTo('Add, change and delete prescriptions')
    await press('Space')
    await tabTo('Allow Growth Chart')
    await press('Enter')
    await page.waitForURL(/\/app\?code=x&state=y/)
    t.match(site.decisions, [
      { patient: 'ada', scopes: ['launch/patient', 'patient/Observation.rs', 'openid', 'offline_access'] },
    ])
    t.same(complaints, [], 'the policy was never in the way')
  })

  await t.test('each field has a name, each page one heading, and what went wrong is read out', async t => {
    const world = await openWorld()
    await admitPatients(world)
    const { site, page } = await open(t, browser, world)
    await site.add('ann', { links: ['Practitioner/1'] })
    const look = async (path: string) => {
      await page.goto(site.origin + path)
      const nameless = await page
        .locator('input:visible, button, a')
        .evaluateAll(all => all.filter(one => !one.labels?.length && !one.textContent?.trim()).length)
      t.equal(nameless, 0, path)
      t.equal(await page.locator('h1').count(), 1, path)
      t.equal(await page.locator('main').count(), 1, path)
      t.equal(await page.locator('html').getAttribute('lang'), 'en')
    }
    for (const path of ['/account', '/account/reset', interaction]) await look(path)
    await signIn(page, 'nobody')
    t.match(await page.getByRole('alert').textContent(), /name or the password is wrong/)
    await signIn(page)
    for (const path of [
      '/account',
      '/account/totp',
      '/account/passkey',
      '/account/launch',
      `${interaction}?name=l`,
      `${interaction}?patient=ada`,
    ]) {
      await look(path)
    }
  })

  await t.test('a passkey is added, and asked for from then on', async t => {
    const { site, page, complaints } = await open(t, browser, await openWorld())
    const session = await page.context().newCDPSession(page)
    await session.send('WebAuthn.enable')
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true },
        ...{ isUserVerified: true, automaticPresenceSimulation: true },
      },
    })
    await site.add('ann')
    await page.goto(`${site.origin}/account`)
    await signIn(page)
    await page.goto(`${site.origin}/account/passkey`)
    await page.getByLabel('What do you call it?').fill(hostile)
    await page.getByRole('button', { name: 'Add the passkey' }).click()
    await page.waitForSelector('text=Your recovery codes')
    t.equal(await page.locator('.codes li').count(), 10)
    await page.getByRole('link', { name: /I have kept them/ }).click()
    t.match(await page.locator('#factors-title ~ ul').textContent(), /<script>alert\(1\)<\/script>/)
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    site.asked = { ...site.asked, acr: ['phr'], choose: { patient: false, encounter: false } }
    await page.goto(site.origin + interaction)
    await signIn(page)
    await page.waitForSelector('text=Is it really you?')
    await page.goto(`${site.origin}/account`)
    t.equal(await heading(page), 'Is it really you?', 'nor does the account page let him by')
    await page.goto(site.origin + interaction)
    await page.getByRole('button', { name: 'Use passkey' }).click()
    await page.waitForSelector('text=May this app have access?')
    await page.getByRole('button', { name: 'Allow Growth Chart' }).click()
    await page.waitForURL(/\/app\?code=x/)
    t.match(site.decisions, [{ acr: 'phr', amr: ['pwd', 'hwk', 'mfa'] }])
    t.same(complaints, [])
  })

  await t.test('a role that asks for a second factor has it set up at sign-in', async t => {
    const world = await openWorld()
    const { site, page } = await open(t, browser, world)
    await site.add('root', { roles: ['administrator'] })
    await page.goto(`${site.origin}/account`)
    await signIn(page, 'root')
    t.equal(await heading(page), 'Add an authenticator app')
    const secret = ((await page.locator('.secret').textContent()) ?? '').replaceAll(' ', '')
    await page.getByLabel('Code from the app').fill('000000')
    await page.getByRole('button', { name: 'Turn it on' }).click()
    t.match(await page.getByRole('alert').textContent(), /not the code of this moment/)
    await page.getByLabel('Code from the app').fill(codeAt(secret, world.clock))
    await page.getByRole('button', { name: 'Turn it on' }).click()
    t.equal(await heading(page), 'Your recovery codes')
    const [code = ''] = await page.locator('.codes li').allInnerTexts()
    await page.getByRole('link', { name: /I have kept them/ }).click()
    t.equal(await heading(page), 'Your account')
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()
    world.clock += 60_000
    await signIn(page, 'root')
    await page.getByRole('link', { name: 'Use a recovery code' }).click()
    await page.getByLabel('Recovery code').fill(code)
    await page.getByRole('button', { name: 'Go on' }).click()
    t.equal(await heading(page), 'Your account')
    t.match(await page.locator('#factors-title ~ ul').textContent(), /9 left/)
  })

  await t.test('devices are signed out and apps lose access', async t => {
    const { site, page } = await open(t, browser, await openWorld())
    await site.add('ann')
    site.allowed.push({ client: 'growth', app: 'Growth Chart', scopes: ['patient/Observation.rs'], since: 0 })
    const other = await (await browser.newContext()).newPage()
    await other.goto(`${site.origin}/account`)
    await signIn(other)
    await page.goto(`${site.origin}/account`)
    await signIn(page)
    await page.getByRole('button', { name: 'Take back from Growth Chart' }).click()
    t.match(await page.getByRole('status').textContent(), /no access any more/)
    t.same(site.allowed, [])
    await page.getByRole('button', { name: /Sign out Chrome on/ }).click()
    t.match(await page.getByRole('status').textContent(), /signed out/)
    await other.reload()
    t.equal(await heading(other), 'Sign in')
    await other.context().close()
  })

  await t.test('an app is started for a patient and a visit', async t => {
    const world = await openWorld()
    await admitPatients(world)
    const { site, page, complaints } = await open(t, browser, world)
    await site.add('ann', { links: ['Practitioner/1'] })
    await page.goto(`${site.origin}/account/launch`)
    await signIn(page)
    await page.getByRole('link', { name: /Growth Chart/ }).click()
    await page.getByLabel('Record number').fill('M-0')
    await page.getByRole('button', { name: 'Search' }).click()
    await page.getByRole('link', { name: /Ada Lovelace/ }).click()
    await page.getByRole('link', { name: /inpatient/ }).click()
    await page.getByRole('button', { name: 'Start' }).click()
    await page.waitForURL(/\/app\?theme=blue&iss=http.*fhir&launch=launch-token/)
    t.same(site.launched, [{ patient: 'ada', encounter: 'e1' }])
    t.same(complaints, [])
  })

  await t.test('nothing is cut off on a small screen', async t => {
    const world = await openWorld()
    await admitPatients(world)
    const { site, page } = await open(t, browser, world)
    await site.add('ann', { name: 'A'.repeat(60), links: ['Practitioner/1'] })
    await page.setViewportSize({ width: 320, height: 640 })
    const fits = async (path: string) => {
      await page.goto(site.origin + path)
      t.ok(await page.locator('html').evaluate(one => one.scrollWidth <= one.clientWidth), path)
    }
    await fits('/account')
    await signIn(page)
    for (const path of [
      '/account',
      '/account/totp',
      '/account/launch',
      `${interaction}?name=l`,
      `${interaction}?patient=ada`,
    ]) {
      await fits(path)
    }
  })
})
