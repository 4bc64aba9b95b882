/** What the pages need of the authorization server: what an app asks for, and to say what was decided. */
import type { Leaving, Wish } from '../../security/smart/sign-out.ts'

/** The browser in which it happens: nobody else may go on with it. */
export type Browser = {
  readonly place: { readonly tenant: string; readonly base: string }
  /** Of the URL `/oauth/interaction/{uid}`. */
  readonly uid: string
  /** The Cookie header. */
  readonly cookie: string | undefined
}

export type Asked = {
  readonly client: { readonly id: string; readonly name?: string; readonly uri?: string }
  readonly scopes: readonly string[]
  /** What the app was started with: ids. */
  readonly launch: { readonly patient?: string; readonly encounter?: string }
  /** What must be chosen, because the app was not started with it. */
  readonly choose: { readonly patient: boolean; readonly encounter: boolean }
  /** Whoever is signed in must prove it once more. */
  readonly anew: boolean
  readonly loginHint?: string
  readonly acr: readonly string[]
}

export type Decision = {
  readonly account: { readonly id: string; readonly fhirUser?: string; readonly name?: string }
  readonly scopes: readonly string[]
  readonly patient?: string
  readonly encounter?: string
  readonly amr: readonly string[]
  readonly acr: string
}

export type Authorization = {
  /** Throws a 404 where nothing is asked, or in another browser. */
  readonly asked: (browser: Browser) => Promise<Asked>
  /** Where the browser goes on. */
  readonly finish: (browser: Browser, decision: Decision) => Promise<string>
  readonly refuse: (browser: Browser, why: string) => Promise<string>
  /** Throws a 400 where it is nothing that an app may ask. */
  readonly leaving: (browser: Omit<Browser, 'uid'>, wish: Wish) => Promise<Leaving>
  /** What this browser's session gave apps is good no more, but for what they may keep offline; `client`: that app alone. */
  readonly end: (browser: Omit<Browser, 'uid'>, client?: string) => Promise<void>
}

/** What somebody allowed an app before. */
export type Allowed = {
  readonly client: string
  readonly app: string
  readonly scopes: readonly string[]
  /** ms */
  readonly since: number
}

export type Apps = {
  readonly list: (tenant: string, account: string) => Promise<readonly Allowed[]>
  /** `false`: the account never allowed it. */
  readonly revoke: (tenant: string, account: string, client: string) => Promise<boolean>
  /** The authorization server forgets who is signed in; here we still know. */
  readonly forget: (tenant: string, account: string) => Promise<void>
  /** That, and no token that apps have is good any more. */
  readonly end: (tenant: string, account: string) => Promise<void>
}

/** Starting apps as an EHR would: https://hl7.org/fhir/smart-app-launch/app-launch.html#launch-app-ehr-launch */
export type Launches = {
  readonly clients: (tenant: string) => Promise<readonly Launchable[]>
  /** The `launch` parameter. */
  readonly mint: (
    tenant: string,
    context: { readonly patient?: string; readonly encounter?: string },
  ) => Promise<string>
}

export type Launchable = { readonly id: string; readonly name: string; readonly url: string }
