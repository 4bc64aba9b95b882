/** What pages are made of. */
import { type Html, html, type Piece } from './html.ts'
import type { Visit } from './visit.ts'

/** `action`: what is done with it. */
export function form({ at, csrf }: Pick<Visit, 'at' | 'csrf'>, action: string, ...content: readonly Piece[]): Html {
  return html`<form method="post" action="${at}/${action}">
<input type="hidden" name="csrf" value="${csrf}">
${content}
</form>`
}

export type Field = {
  readonly name: string
  readonly label: string
  readonly type?: 'text' | 'password' | 'email' | 'date' | 'search'
  readonly value?: string | undefined
  /** https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill */
  readonly autocomplete?: string
  readonly hint?: string
  /** What is wrong with it. */
  readonly error?: string | undefined
  readonly required?: boolean
  /** Six digits: the keyboard of a phone shows no others. */
  readonly digits?: boolean
}

export function field(given: Field): Html {
  const { name, label, type = 'text', value = '', autocomplete = 'off', hint, error, required = true, digits } = given
  const described = [hint && `${name}-hint`, error && `${name}-error`].filter(Boolean).join(' ')
  return html`<p class="field">
<label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" value="${type === 'password' ? '' : value}" autocomplete="${autocomplete}" autocapitalize="none" spellcheck="false"${attribute('aria-describedby', described)}${flag('aria-invalid="true"', error)}${flag('required', required)}${flag('inputmode="numeric"', digits)}>
${hint && html`<span class="hint" id="${name}-hint">${hint}</span>`}
${error && html`<span class="error" id="${name}-error">${error}</span>`}
</p>`
}

function attribute(name: string, value: string): Html {
  return value === '' ? html`` : html` ${{ html: name }}="${value}"`
}

function flag(text: string, is: unknown): Html {
  return { html: is ? ` ${text}` : '' }
}

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}">`
}

/** For password managers: whose password it is. */
export function whose(login: string): Html {
  return html`<input type="text" name="username" autocomplete="username" value="${login}" hidden>`
}

/** `quiet`: not what most people came for. `grave`: cannot be undone. */
export function button(label: Piece, kind: 'main' | 'quiet' | 'grave' | 'plain' = 'main', value?: string): Html {
  const chosen = value === undefined ? html`` : html` name="choice" value="${value}"`
  return html`<button class="${kind}"${chosen}>${label}</button>`
}

/** Read out at once: it is in the page when that comes. */
export function alert(text: Piece): Html {
  return html`<p class="alert" role="alert">${text}</p>`
}

export function notice(text: Piece): Html {
  return html`<p class="notice" role="status">${text}</p>`
}

/** Of the server, whoever reads it. */
export function time(ms: number): Html {
  const iso = new Date(ms).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`
}

export function waitFor(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  return ms < 90_000 ? `${Math.max(1, Math.ceil(ms / 1000))} seconds` : `${minutes} minutes`
}
