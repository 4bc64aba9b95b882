/** Codes that nobody lists, because a grammar makes them. https://hl7.org/fhir/R4/terminologies-systems.html#external */

/** Whether it is a code of the system. */
export type Grammar = (code: string) => boolean

const mediaType = /^[\w!#$&^.+*-]+\/[\w!#$&^.+*-]+(?:\s*;\s*[\w!#$&^.+-]+=(?:"[^"]*"|[^\s;"]+))*;?$/

/** Well-formed: whether each of its parts is registered is another question. https://www.rfc-editor.org/info/bcp47 */
const language =
  /^(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?$/i
/** The first are registered as they are, the others mean something to their users only. */
const otherLanguage = /^(?:i|sgn|x)(?:-[a-z\d]{1,8})+$/i

export const grammars: ReadonlyMap<string, Grammar> = new Map([
  ['urn:ietf:bcp:13', code => mediaType.test(code) || /^(?:xml|json|ttl)$/.test(code)], // R4's own statements abbreviate,
  ['urn:ietf:bcp:47', code => language.test(code) || otherLanguage.test(code)],
  ['urn:iso:std:iso:4217', code => /^[A-Z]{3}$/.test(code)],
])
