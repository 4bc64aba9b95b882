/**
 * "A text based query, which may involve searching multiple words … and logical operations such as AND, OR etc.":
 * `(bone OR liver) and metastases`. As in OData's $search, which the specification names, NOT binds closest, then AND, which words
 * beside each other mean too, then OR; what stands in double quotes is found word by word in that order.
 * https://hl7.org/fhir/R4/search.html#content
 */
import type { Query, Said } from '../query.ts'
import { splitUnescaped, unescaped } from '../questions/escape.ts'
import { wordsOf } from '../values/words.ts'
import { mistake, mustBeEscaped, shown } from './known.ts'

type Words = Query['words'][number]

const mostWords = 500 // each is looked for in the whole text of each resource
const deepest = 50 // brackets in brackets, and NOT before NOT

/** Alternatives with a comma between them are an OR around all. */
export function parseWords(name: Words['in'], value: string): Words {
  mustBeEscaped(name, value)
  const of = splitUnescaped(value, ',').map(text => {
    const reader: Reader = { name, value, tokens: tokensOf(unescaped(text)), at: 0, words: 0, depth: 0 }
    const said = either(reader)
    if (reader.at < reader.tokens.length) throw malformed(reader)
    return { said, words: reader.words }
  })
  if (of.reduce((sum, { words }) => sum + words, 0) > mostWords)
    throw mistake('too-costly', `${name}: has too many words: expected at most ${mostWords}`)
  return {
    in: name,
    said: joined(
      'or',
      of.map(({ said }) => said),
    ),
  }
}

/** Where reading stands. */
type Reader = {
  readonly name: string
  readonly value: string
  readonly tokens: readonly Token[]
  at: number
  words: number
  depth: number
}

type Token = '(' | ')' | 'AND' | 'OR' | 'NOT' | { readonly words: readonly string[] }

const form = /"[^"]*"|[()"]|[^\s()"]+/g

/** `and` and `or` in any case, as in the specification's example; `not` is a word, as in "not found". */
function tokensOf(text: string): readonly Token[] {
  return [...text.matchAll(form)].flatMap(([token]): Token[] => {
    if (token === '(' || token === ')' || token === 'NOT') return [token]
    const operator = token.toUpperCase()
    if (operator === 'AND' || operator === 'OR') return [operator]
    const words = wordsOf(token)
    if (token.startsWith('"')) return [{ words }]
    return words.map(word => ({ words: [word] }))
  })
}

function either(reader: Reader): Said {
  const of = [every(reader)]
  while (take(reader, 'OR')) of.push(every(reader))
  return joined('or', of)
}

function every(reader: Reader): Said {
  const of = [one(reader)]
  while (take(reader, 'AND') || isNext(reader)) of.push(one(reader))
  return joined('and', of)
}

/** Another operand stands beside the last. */
function isNext({ tokens, at }: Reader): boolean {
  const token = tokens[at]
  return token !== undefined && token !== ')' && token !== 'OR'
}

function one(reader: Reader): Said {
  if (take(reader, 'NOT')) return { is: 'not', of: deeper(reader, one) }
  if (take(reader, '(')) {
    const said = deeper(reader, either)
    if (!take(reader, ')')) throw malformed(reader)
    return said
  }
  const token = reader.tokens[reader.at]
  if (typeof token !== 'object' || token.words.length === 0) throw malformed(reader)
  reader.at++
  reader.words += token.words.length
  return { is: 'words', text: token.words.join(' ') }
}

function deeper(reader: Reader, read: (reader: Reader) => Said): Said {
  if (++reader.depth > deepest)
    throw mistake('too-costly', `${reader.name}: has NOT and brackets within each other: expected at most ${deepest}`)
  const said = read(reader)
  reader.depth--
  return said
}

function take(reader: Reader, token: Token): boolean {
  const found = reader.tokens[reader.at] === token
  if (found) reader.at++
  return found
}

function joined(is: 'and' | 'or', of: readonly Said[]): Said {
  const [only] = of
  return only !== undefined && of.length === 1 ? only : { is, of }
}

function malformed({ name, value }: Reader): Error {
  return mistake('value', `${name} '${shown(value)}': expected words, such as (bone OR liver) AND metastases`)
}
