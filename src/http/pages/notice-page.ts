/** Pages that say one thing. */
import { html } from './html.ts'
import type { Page } from './visit.ts'

export function errorPage(status: number, title: string, text: string): Page {
  return { status, title, body: html`<p class="lead" role="alert">${text}</p>` }
}

/** No form may lead away from us, so what comes behind one is a page of its own. */
export function leavingPage(app: string, to: string): Page {
  const body = html`<p class="lead">You are being taken on.</p><p><a class="button" href="${to}">Go on to ${app}</a></p>`
  return { status: 200, title: app, body, next: to }
}
