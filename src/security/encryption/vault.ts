/**
 * Master keys that never leave a key service: the transit engine of HashiCorp Vault, or of OpenBao. It wraps and unwraps data keys,
 * which are kept in memory as they are with a key file; while it does not answer, those that are known go on.
 * https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
import { StoreUnavailable } from '../../store/port.ts'
import { BadKeys, type KeyWrapper } from './key-wrapper.ts'

export type VaultNeeds = {
  /** Of the key: `https://vault.example:8200/v1/transit/keys/kiln`. */
  readonly url: string
  /** Asked for with each request: whoever renews it changes its file. */
  readonly token: () => string
  readonly ask: Ask
}

export type Ask = (
  url: string,
  sent: { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string },
) => Promise<Pick<Response, 'status' | 'text'>>

/** What `KILN_KEY_VAULT` has to look like. */
export function isVaultKey(text: string): boolean {
  return URL.canParse(text) && form.test(text)
}

const form = /^(https?:\/\/[^/?#@]+\/v1\/[^?#]+)\/keys\/([\w.-]+)$/

export function openVault({ url, token, ask }: VaultNeeds): KeyWrapper {
  const [, mount = '', name = ''] = form.exec(url) ?? []
  const { origin } = new URL(url)

  async function asked(path: string, sent?: object): Promise<Answer> {
    try {
      const response = await ask(`${mount}/${path}`, requestOf(token(), sent))
      return { status: response.status, data: dataIn(await response.text()) }
    } catch (cause) {
      throw new StoreUnavailable(`the key service cannot be asked: ${messageOf(cause)}`, { cause })
    }
  }

  async function mustAnswer(path: string, sent?: object): Promise<Answer['data']> {
    const { status, data } = await asked(path, sent)
    if (status === 200) return data
    throw new StoreUnavailable(`the key service ${origin} answers ${status} for the key '${name}': ${meant(status)}`)
  }

  return {
    async current() {
      const { latest_version: version } = await mustAnswer(`keys/${name}`)
      if (typeof version === 'number') return nameOf(name, version)
      throw new StoreUnavailable(`the key service ${origin} tells no version of the key '${name}'`)
    },
    async wrap(key, about) {
      const sent = { plaintext: Buffer.from(key).toString('base64'), associated_data: encoded(about) }
      const { ciphertext } = await mustAnswer(`encrypt/${name}`, sent)
      const [, version] = /^vault:v(\d+):/.exec(`${ciphertext}`) ?? []
      if (version === undefined)
        throw new StoreUnavailable(`the key service ${origin} does not tell what it has wrapped`)
      return { by: nameOf(name, Number(version)), text: `${ciphertext}` }
    },
    async unwrap({ by, text }, about) {
      if (!by.startsWith(`${name}:`)) throw notThis(by, url)
      const { status, data } = await asked(`decrypt/${name}`, { ciphertext: text, associated_data: encoded(about) })
      if (status === 400) {
        throw new BadKeys(
          `the key service ${origin} does not unwrap a key of the store, wrapped by '${by}': it was changed, or that version of the key is gone`,
        )
      }
      if (status === 200 && typeof data['plaintext'] === 'string') return Buffer.from(data['plaintext'], 'base64')
      throw new StoreUnavailable(`the key service ${origin} answers ${status} for the key '${name}': ${meant(status)}`)
    },
  }
}

type Answer = { readonly status: number; readonly data: Readonly<Record<string, unknown>> }

function requestOf(token: string, sent?: object): Parameters<Ask>[1] {
  const headers = { 'x-vault-token': token, 'x-vault-request': 'true' }
  if (sent === undefined) return { method: 'GET', headers }
  return { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(sent) }
}

function dataIn(text: string): Answer['data'] {
  try {
    const { data }: { readonly data?: unknown } = JSON.parse(text)
    return typeof data === 'object' && data !== null ? (data as Answer['data']) : {}
  } catch {
    return {} // an answer that is not from Vault; its status tells enough
  }
}

function nameOf(name: string, version: number): string {
  return `${name}:v${version}`
}

function encoded(about: string): string {
  return Buffer.from(`kiln data key ${about}`).toString('base64')
}

function meant(status: number): string {
  if (status === 403) return 'the token of KILN_KEY_VAULT_TOKEN may not use it'
  if (status === 404) return 'there is no such key'
  return status === 503 ? 'it is sealed' : 'expected 200'
}

function notThis(by: string, url: string): BadKeys {
  return new BadKeys(`the keys of the store were wrapped by the master key '${by}', which is not ${url}`)
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
