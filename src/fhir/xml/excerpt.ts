/** The beginning of what was received: an error text is no place for megabytes. */
export function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
