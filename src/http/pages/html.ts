/** HTML as values: what is put into a template is text, and escaped, unless it is HTML itself. */

export type Html = { readonly html: string }

/** `false` and `undefined`: nothing, so that parts can be left out. */
export type Piece = Html | string | number | false | undefined | readonly Piece[]

export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return { html: strings.map((text, at) => text + print(pieces[at])).join('') }
}

function print(piece: Piece): string {
  if (piece === undefined || piece === false) return ''
  if (typeof piece === 'string' || typeof piece === 'number') return escaped(String(piece))
  if ('html' in piece) return piece.html
  return piece.map(print).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** What turns the direction of writing would let a name look like another, so it is taken out. */
function escaped(text: string): string {
  return text
    .replace(/[\u202a-\u202e\u2066-\u2069\p{Cc}]/gu, one => (one === '\n' || one === '\t' ? one : ''))
    .replace(/[&<>"']/g, one => entities[one] ?? '')
}
