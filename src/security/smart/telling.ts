/** Tells of tokens that were issued, refused and revoked, as oidc-provider has it. */
import type { errors, KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { SmartEvent } from './event.ts'

type Observe = (event: SmartEvent) => void
type Told = Exclude<SmartEvent['event'], 'oauth.failed'>
type Token = { readonly clientId?: string | undefined; readonly accountId?: string | undefined }

export function tellOf(provider: Provider, tenant: string, observe: Observe): void {
  const by = (event: Told, ctx: KoaContextWithOIDC, detail: string): void => {
    const { client, account } = ctx.oidc
    observe({
      ...{ event, tenant, detail, address: ctx.ip },
      ...(client === undefined ? {} : { client: client.clientId }),
      ...(account === undefined ? {} : { account: account.accountId }),
    })
  }
  const gone = ({ clientId, accountId }: Token): void =>
    observe({
      ...{ event: 'oauth.token-revoked', tenant, detail: 'revoked' },
      ...(clientId === undefined ? {} : { client: clientId }),
      ...(accountId === undefined ? {} : { account: accountId }),
    })
  provider.on('server_error', (_ctx, error) => observe({ event: 'oauth.failed', error }))
  provider.on('authorization.success', ctx => by('oauth.authorized', ctx, scopes(ctx.oidc.params?.['scope'])))
  provider.on('grant.success', ctx => by('oauth.token-issued', ctx, grantOf(ctx)))
  provider.on('grant.error', (ctx, { error }) => by('oauth.token-refused', ctx, `${grantOf(ctx)}: ${error}`))
  /** Who asks must say who he is, and did not, or not so that it is believed. */
  const unknown = (ctx: KoaContextWithOIDC, { status, error }: errors.OIDCProviderError): void => {
    if (status === 401) by('oauth.token-refused', ctx, `${brief(ctx.oidc.route)}: ${error}`)
  }
  provider.on('introspection.error', unknown)
  provider.on('revocation.error', unknown)
  provider.on('registration_create.error', unknown)
  provider.on('registration_read.error', unknown)
  provider.on('registration_update.error', unknown)
  provider.on('registration_delete.error', unknown)
  provider.on('access_token.destroyed', gone)
  provider.on('client_credentials.destroyed', gone)
  provider.on('refresh_token.destroyed', gone)
  provider.on('registration_create.success', (ctx, { clientId }) =>
    by('oauth.client-changed', ctx, `registered ${clientId}`),
  )
  provider.on('registration_update.success', (ctx, { clientId }) =>
    by('oauth.client-changed', ctx, `changed ${clientId}`),
  )
  provider.on('registration_delete.success', (ctx, { clientId }) =>
    by('oauth.client-changed', ctx, `removed ${clientId}`),
  )
}

/** `authorization_code scope openid patient/*.rs`: what the client wrote is cut, since anybody may write it. */
function grantOf({ oidc: { params, entities } }: KoaContextWithOIDC): string {
  const scope = entities.AccessToken?.scope ?? entities.ClientCredentials?.scope ?? ''
  return `${brief(params?.['grant_type'])} ${scopes(scope)}`.trim()
}

function scopes(scope: unknown): string {
  return brief(scope) === '' ? '' : `scope ${brief(scope)}`
}

function brief(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 1_000) : ''
}
