/**
 * What it costs that everybody must say who he is: one process with authentication beside one without, on the same embedded store.
 *   node bench/security.ts [--quick] [--only=read,search,token] [--rounds=5] [--seconds=1.5]
 */
import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID, sign } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mint } from '../src/security/smart/access-token.ts'
import { addClient, type ClientMetadata } from '../src/security/smart/client.ts'
import { openKeys } from '../src/security/smart/keys.ts'
import { openSqlite } from '../src/store/sqlite/open.ts'
import { against, type Figures, measure, median, type Pace, perSecond, ratio, takeTurns } from './drive/contest.ts'
import { kiln, type Server, stopAll } from './drive/launch.ts'
import { type Lane, load } from './drive/load.ts'
import { connections, transactions } from './drive/work.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
  },
})
const { quick } = values
const pace: Pace = {
  rounds: Number(values.rounds ?? (quick ? 1 : 5)),
  length: quick ? { answers: 32 } : { seconds: Number(values.seconds ?? 1.5) },
}

const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-security-'))
const needs = { clock: Date.now, random: (bytes: number) => randomBytes(bytes), observe: () => undefined }

type Site = {
  readonly open: Server
  readonly guarded: Server
  /** Ids. */
  readonly patients: readonly string[]
  readonly token: (scope: string, patient?: string) => string
  readonly key: KeyObject
  readonly client: string
}

async function site(): Promise<Site> {
  const settings = { KILN_STORE: `sqlite:${folder}` }
  const open = await kiln(settings)
  await load({ origin: open.origin, lanes: transactions(), length: { answers: quick ? 16 : 64 } })
  const guarded = await kiln({
    ...settings,
    KILN_AUTH: 'smart',
    KILN_AUDIT: 'writes',
    KILN_ACCESS_TOKEN_LIFETIME: '3600',
  })
  const store = await openSqlite({ ...needs, path: folder, synchronous: 'NORMAL' })
  const keys = await openKeys({ ...needs, store }).of('default')
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const client = randomUUID()
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'key', alg: 'ES384', use: 'sig' }] }
  const metadata = {
    ...{ client_id: client, jwks, allowed_scope: 'system/*.rs', response_types: [], redirect_uris: [] },
    ...{ token_endpoint_auth_method: 'private_key_jwt', grant_types: ['client_credentials'] },
  } satisfies ClientMetadata
  await addClient(store, 'default', { metadata, secrets: [] })
  await store.close()
  const iat = Math.floor(Date.now() / 1000)
  const token: Site['token'] = (scope, patient) => {
    const claims = { jti: randomUUID(), sub: client, client_id: client, scope, iat, exp: iat + 3_600 }
    const about = patient === undefined ? {} : { patient }
    return mint(keys, { tenant: 'default', base: `${guarded.origin}/fhir` }, { ...claims, ...about })
  }
  return { open, guarded, patients: await patientsOf(open), token, key, client }
}

async function patientsOf({ origin }: Server): Promise<readonly string[]> {
  const answer = await fetch(`${origin}/fhir/Patient?_elements=id&_count=64`)
  const { entry } = (await answer.json()) as { entry: readonly { resource: { id: string } }[] }
  return entry.map(({ resource: { id } }) => id)
}

function asking(path: (n: number) => string, tokenOf?: (n: number) => string): readonly Lane[] {
  return Array.from({ length: connections }, (_, lane) =>
    Array.from({ length: 64 }, (_, turn) => {
      const n = lane * 64 + turn
      const headers = tokenOf ? { headers: { authorization: `Bearer ${tokenOf(n)}` } } : {}
      return { method: 'GET' as const, path: `/fhir/${path(n)}`, ...headers }
    }),
  )
}

async function read({ open, guarded, patients, token }: Site): Promise<void> {
  const path = (n: number) => `Patient/${patients[n % patients.length]}`
  const tokens = Array.from({ length: 32 }, () => token('system/*.rs'))
  const lanes = { off: asking(path), on: asking(path, n => tokens[n % tokens.length]!) }
  const { on, off } = await takeTurns(pace, {
    off: length => measure(open, lanes.off, length),
    on: length => measure(guarded, lanes.on, length),
  })
  console.log(`read with an access token: ${ratio(on, off)} × without authentication (${against(on, off)})`)
}

async function search({ guarded, patients, token }: Site): Promise<void> {
  const path = (n: number) => `Observation?patient=${patients[n % patients.length]}&_count=20`
  const all = token('system/*.rs')
  const own = patients.map(patient => token('patient/*.rs', patient))
  const lanes = { all: asking(path, () => all), own: asking(path, n => own[n % own.length]!) }
  const figures = await takeTurns(pace, {
    all: length => measure(guarded, lanes.all, length),
    own: length => measure(guarded, lanes.own, length),
  })
  const { own: ours, all: theirs } = figures
  console.log(`search of one patient’s app: ${ratio(ours, theirs)} × of a whole system’s (${against(ours, theirs)})`)
}

/** Each is taken once, so every round has its own. */
function assertions({ guarded, key, client }: Site, count: number): readonly Lane[] {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const each = Math.ceil(count / connections)
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  return Array.from({ length: connections }, () =>
    Array.from({ length: each }, () => {
      const exp = Math.floor(Date.now() / 1000) + 240
      const claims = { iss: client, sub: client, aud: `${guarded.origin}/oauth/token`, jti: randomUUID(), exp }
      const input = `${part({ alg: 'ES384', kid: 'key', typ: 'JWT' })}.${part(claims)}`
      const signature = sign('sha384', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
      const form = { grant_type: 'client_credentials', scope: 'system/Patient.rs', client_assertion_type: type }
      const body = new URLSearchParams({ ...form, client_assertion: `${input}.${signature}` }).toString()
      return { method: 'POST' as const, path: '/oauth/token', headers, body }
    }),
  )
}

async function token(at: Site): Promise<void> {
  const count = quick ? 32 : 960
  const figures: Figures[] = []
  for (let round = quick ? 0 : -2; round < pace.rounds; round++) {
    const measured = await measure(at.guarded, assertions(at, count), { answers: count })
    if (round >= 0) figures.push(measured)
  }
  const cpu = median(figures.map(one => one.cpu ?? Number.NaN))
  const perCore = Number.isNaN(cpu) ? '' : `; ${Math.round(1e6 / cpu)}/s per core, ${Math.round(cpu)} µs of CPU each`
  console.log(`token by client_credentials, ES384: ${perSecond(figures)}${perCore}`)
}

const rows: Readonly<Record<string, (at: Site) => Promise<void>>> = { read, search, token }

const only = values.only?.split(',') ?? Object.keys(rows)
const unknown = only.filter(name => !(name in rows))
if (unknown.length > 0) throw new Error(`--only=${unknown}: expected some of ${Object.keys(rows)}`)
try {
  const at = await site()
  for (const [name, run] of Object.entries(rows)) if (only.includes(name)) await run(at)
} finally {
  await stopAll()
  rmSync(folder, { recursive: true, force: true })
}
