/** `--demo`: a small hospital in an empty store, and somebody of each role who can sign in. */
import type { Incoming } from '../interactions/dispatch.ts'
import type { Answer } from '../interactions/interaction.ts'
import { type AccountNeeds, addAccount, changeAccount, findLogin } from '../security/accounts/account.ts'
import { generatePassword, hashPassword } from '../security/accounts/password.ts'
import type { Store } from '../store/port.ts'
import { hospital } from './hospital.ts'
import { laymen, type Person, staff } from './staff.ts'

export type DemoNeeds = AccountNeeds & {
  readonly store: Store
  /** As nobody in particular, who may do everything. */
  readonly ask: (incoming: Incoming) => Promise<Answer>
  /** Nobody needs an account. */
  readonly open: boolean
}

export type SignIn = { readonly login: string; readonly password: string; readonly name: string }

const tenant = 'default'
const key = { tenant, kind: 'demo', id: 'hospital' }
const seed = 4_0_1

/**
 * The sign-ins of this start: whoever was printed before is good no more. `undefined`: there is something else in the store, which is
 * left alone.
 */
export async function openDemo(needs: DemoNeeds): Promise<readonly SignIn[] | undefined> {
  const { store, open } = needs
  const isThere = (await store.note(key)) !== undefined
  if (!isThere && (await store.types(tenant)).length > 0) return undefined
  if (!isThere) await fill(needs)
  if (open) return []
  return Promise.all([...staff, ...laymen].map(person => admit(needs, person)))
}

/** All of it, or nothing. */
async function fill({ store, ask, clock }: DemoNeeds): Promise<void> {
  const entry = hospital(seed, clock()).map(resource => ({
    resource,
    request: { method: 'PUT', url: `${resource.resourceType}/${resource.id}` },
  }))
  const bytes = Buffer.from(JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry }))
  const body = { is: 'bytes', bytes, type: 'application/fhir+json' } as const
  await ask({ tenant, base: 'http://localhost/fhir', method: 'POST', path: '', query: '', headers: {}, body })
  await store.keepNote({ ...key, text: String(seed), tags: [], revision: 0 })
}

async function admit(needs: DemoNeeds, { role, given, family, link }: Person): Promise<SignIn> {
  const { store, random } = needs
  const login = `demo-${role}`
  const name = `${given} ${family}`
  const text = generatePassword(random)
  const password = await hashPassword(text, random)
  const before = await findLogin(store, tenant, login)
  if (before) await changeAccount(store, tenant, login, account => ({ ...account, password }))
  else await addAccount(needs, tenant, { login, name, password, roles: [role], links: [link] })
  return { login, password: text, name }
}
