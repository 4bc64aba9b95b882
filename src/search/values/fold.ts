/**
 * Text without case and accents: "a field matches a string query if the value of the field equals or starts with the supplied
 * parameter value, after both have been normalized by case and combining characters". https://hl7.org/fhir/R4/search.html#string
 *
 * The same for every locale: a server cannot know the language of a name. ß is ss, but ü is u and not ue.
 */

/** Letters that look like one with a mark but are not composed of it, so that Unicode does not take them apart. */
const bases: Readonly<Record<string, string>> = {
  æ: 'ae',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ł: 'l',
  ø: 'o',
  œ: 'oe',
  ŧ: 't',
  þ: 'th',
  // Final sigma is a form of the letter, which lower-casing chooses by what follows: a prefix would not match.
  ς: 'σ',
  // The tatweel only stretches an Arabic word.
  ـ: '',
}
const special = new RegExp(`[${Object.keys(bases).join('')}]`, 'g')

const ascii = /^[\0-\x7F]*$/

export function fold(text: string): string {
  if (ascii.test(text)) return text.toLowerCase()
  // By way of upper case, which unites what lower case keeps apart: ß and ss, ı and i, ſ and s, ﬁ and fi. Before it ẞ must be ß.
  const upper = text.toLowerCase().toUpperCase()
  const bare = upper
    .normalize('NFD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
  return bare.replaceAll(special, letter => bases[letter] ?? letter)
}
