/** The frame of all pages. */
import { type Html, html } from './html.ts'
import type { Page, Visit } from './visit.ts'

export function layout({ root, base }: Pick<Visit, 'root' | 'base'>, page: Page): string {
  const { title, body, wide, next, passkeys } = page
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
${next !== undefined && html`<meta http-equiv="refresh" content="0; url=${next}">`}
<title>${title} · Kiln</title>
<link rel="stylesheet" href="${root}/account/pages.css">
${passkeys && html`<script src="${root}/account/passkeys.js" defer></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>${mark}<span class="wordmark">Kiln</span></header>
<main id="main" class="${wide ? 'wide' : 'narrow'}" tabindex="-1">
<h1>${title}</h1>
${body}
</main>
<footer><span>${new URL(base).host}${root !== '' && html` · ${root.split('/').at(-1)}`}</span></footer>
</body>
</html>
`.html
}

/** A kiln with its fire. */
const mark: Html = {
  html: '<svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false"><path class="mark-wall" d="M4 28V15a12 12 0 0 1 24 0v13Z"/><path class="mark-fire" d="M16 11c1 3.2 5.5 5.400 5.500 10A5.500 5.500 0 0 1 16 26.500 5.500 5.500 0 0 1 10.500 21c0-2.200 1-3.700 2.200-5 .3 1.300.9 2 1.700 2.300C14.200 15.500 14.600 13 16 11Z"/></svg>',
}
