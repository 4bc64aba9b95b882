/**
 * What a narrative may be made of, as lists: the two of invariant txt-1, and the elements of HTML 4.0 chapters 7 to 11 and 15
 * and image maps, which its text allows and its XPath forgot. https://hl7.org/fhir/R4/narrative.html#xhtml
 */
export const xhtmlNamespace = 'http://www.w3.org/1999/xhtml'

const elements = new Set(
  `a abbr acronym address area b bdo big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6
   hr i img kbd li map ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var`.split(
    /\s+/,
  ),
)

const attributes = new Set(
  `abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite class
   colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan rules
   scope shape span src start style summary tabindex title type usemap valign value vspace width xml:lang xmlns`.split(
    /\s+/,
  ),
)

const links = new Set(['href', 'src', 'cite', 'longdesc', 'usemap'])
const activeScheme = /(?:java|vb|live|j)script:|mocha:|data:|blob:|filesystem:|view-source:/
const stillImage = /^data:\s?image\/(?:png|jpe?g|gif|webp|bmp|avif|tiff?)[;,]/i
// A backslash or a comment can hide the other words from a reader but not from a browser.
const activeStyle = /\\|\/\*|(?:url|expression|image|image-set|src)\s*\(|behaviou?r|-moz-binding|@import|script:|data:/

// HL7's own publications draw the lines of their trees so: an image file beside the page, or one that is there in full.
const stillBackground =
  /url\(\s*(['"]?)(?:[\w-]+\.(?:png|gif|jpe?g)|data:\s?image\/(?:png|gif|jpe?g);base64,[\w+/=]*)\1\s*\)/g

export function isAllowedElement(name: string): boolean {
  return elements.has(name)
}

export function isAllowedAttribute(name: string): boolean {
  return attributes.has(name)
}

/** Why the value may not stand in this attribute: it would run something or fetch something in a reader's browser. */
export function activeFault(element: string, attribute: string, value: string): string | undefined {
  if (attribute === 'style') {
    const style = value.normalize('NFKC').toLowerCase().replace(stillBackground, 'none')
    return activeStyle.test(style) ? 'loads or hides active content' : undefined
  }
  return links.has(attribute) && isActiveLink(value, element === 'img' && attribute === 'src')
    ? 'is an active link'
    : undefined
}

/** Browsers drop white space and control characters before they look for the scheme. */
function isActiveLink(value: string, image: boolean): boolean {
  if (!value.includes(':') || /^https?:\/\//.test(value)) {
    return false
  }
  // Pictures are long, and the whole of one need not be read to know it for one.
  if (image && stillImage.test(value)) return false
  const url = value.replace(/[\s\p{C}]+/gu, '').toLowerCase()
  return activeScheme.test(url) && !(image && stillImage.test(url))
}
