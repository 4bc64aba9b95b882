/** What came, and what goes back: pages are functions from one to the other and know no HTTP. */
import type { From } from '../../security/accounts/sign-in.ts'
import type { Html } from './html.ts'

export type Visit = {
  readonly tenant: string
  /** The FHIR base that the browser sees. */
  readonly base: string
  /** `https://kiln.example.org` */
  readonly origin: string
  /** Path before `/account` and `/oauth`: empty, or `/t/north`. */
  readonly root: string
  /** Path of the page whose forms these are: `/account`, `/oauth/interaction/x`. What they do is the last segment behind it. */
  readonly at: string
  /** Of a form that was sent; empty where a page is looked at. */
  readonly action: string
  /** Which of the pages there is looked at: `/account/totp`. */
  readonly view: string
  readonly query: URLSearchParams
  readonly form: URLSearchParams
  /** The whole Cookie header, for the authorization server. */
  readonly cookie: string | undefined
  /** Who sent it, with the token of his browser. */
  readonly from: From & { readonly token: string }
  /** Proves that a form is ours, and was given to this browser. */
  readonly csrf: string
}

export type Answer = Page | Redirect

export type Page = {
  readonly status: number
  readonly title: string
  readonly body: Html
  /** Much to see: tables. */
  readonly wide?: boolean
  /** Where the browser goes on by itself: an app's page, to which no form may lead. */
  readonly next?: string
  /** Needs the script that talks to the browser about passkeys; no other page has any. */
  readonly passkeys?: boolean
  /** Seconds. */
  readonly retryAfter?: number
  /** Another one for the browser. */
  readonly token?: string
}

export type Redirect = { readonly to: string; readonly token?: string }

export function isPage(answer: Answer): answer is Page {
  return 'body' in answer
}
