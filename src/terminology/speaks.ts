/** A text in `de-CH` answers who asks for `de`, and one in `de` who asks for `de-CH`. https://www.rfc-editor.org/rfc/rfc4647#section-3.3.1 */
export function speaks(language: string, asked: string): boolean {
  const [a, b] = [language.toLowerCase(), asked.toLowerCase()]
  return a === b || a.startsWith(`${b}-`) || b.startsWith(`${a}-`)
}
