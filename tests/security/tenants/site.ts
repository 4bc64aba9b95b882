/** A whole Kiln with tenants that were made while it runs, on either store. */
import { randomUUID } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Environment } from '../../../src/config.ts'
import {
  addTenant,
  changeTenant,
  type Quota,
  type Standing,
  type Tenant,
} from '../../../src/security/tenants/tenant.ts'
import { type Kiln, openKiln } from '../../http/kiln.ts'
import { mongoUrl } from '../../mongo-engine/engine.ts'
import type { Loose } from '../../world.ts'

export type Reply = { readonly status: number; readonly headers: Headers; readonly text: string; readonly body: Loose }

export type Ask = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>

export type Site = Kiln & {
  /** Below the tenant's base; an absolute URL is asked as it is. */
  of(tenant: string): Ask
  baseOf(tenant: string): string
  add(tenant: string, more?: Partial<Pick<Tenant, 'integrity' | 'quota'>>): Promise<void>
  change(tenant: string, more: { readonly is?: Standing; readonly quota?: Quota }): Promise<void>
}

export type OpenSite = (environment?: Environment) => Promise<Site>

/** Runs the same tests on SQLite and, where there is one, on a MongoDB-compatible engine. */
export async function onBothStores(run: (test: Test, open: OpenSite) => Promise<void>): Promise<void> {
  t.setTimeout(280_000)
  await t.test('on SQLite', test => run(test, environment => openSite(test, environment)))
  const url = await mongoUrl()
  if (url === undefined) return
  const { MongoClient } = await import('mongodb')
  await t.test('on MongoDB', test =>
    run(test, async environment => {
      const place = new URL(url)
      place.pathname = `/kiln_${randomUUID().slice(0, 8)}`
      test.teardown(async () => {
        const client = await MongoClient.connect(url)
        await client.db(place.pathname.slice(1)).dropDatabase()
        await client.close()
      })
      return openSite(test, { KILN_STORE: String(place), KILN_TERMINOLOGY: test.testdir(), ...environment })
    }),
  )
}

async function openSite(t: Test, environment: Environment = {}): Promise<Site> {
  const kiln = await openKiln(t, { ...environment })
  const { store, origin } = kiln
  const baseOf = (tenant: string) => (tenant === 'default' ? kiln.base : `${origin}/t/${tenant}/fhir`)
  const known = () => new Promise(resolve => setTimeout(resolve, 550)) // as long as processes may not know
  return {
    ...kiln,
    baseOf,
    of: tenant => async (method, path, body, headers) => {
      const url = /^https?:/.test(path) ? path : `${baseOf(tenant)}/${path}`
      const type = { 'content-type': 'application/fhir+json' }
      const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }
      const answer = await fetch(url, { method, redirect: 'manual', headers: { ...type, ...headers }, ...sent })
      const text = await answer.text()
      const isJson = answer.headers.get('content-type')?.includes('json')
      return { status: answer.status, headers: answer.headers, text, body: isJson && text ? JSON.parse(text) : {} }
    },
    async add(name, { integrity = false, quota = {} } = {}) {
      await addTenant(store, { name, integrity, quota }, Date.now())
      await known()
    },
    async change(name, more) {
      await changeTenant(store, name, undefined, tenant => ({ ...tenant, ...more }))
      await known()
    },
  }
}

export function ids({ body }: Reply): string[] {
  return (body.entry ?? []).map((entry: Loose) => `${entry.resource.resourceType}/${entry.resource.id}`).sort()
}
