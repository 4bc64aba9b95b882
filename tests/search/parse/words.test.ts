import t from 'tap'
import type { Said } from '../../../src/search/query.ts'
import { ask, refusals } from './asking.ts'

t.test('_text and _content are words, without case and accents', async t => {
  const { query } = ask('Patient?_text=Herz-Infarkt Ärzte,stroke&_content=a')
  t.same(
    query.words.map(it => [it.in, said(it.said)]),
    [
      ['_text', '((herz and infarkt and arzte) or stroke)'],
      ['_content', 'a'],
    ],
  )
  t.match(refusals('Binary?_text=x')[0], "Binary has no search parameter '_text': expected", 'it has no narrative')
})

t.test('words are connected as in the specification', async t => {
  const read = (text: string) =>
    ask(`Patient?_text=${text}`)
      .query.words.map(it => said(it.said))
      .join()
  for (const [text, expected] of [
    ['(bone OR liver) and metastases', '((bone or liver) and metastases)'],
    ['a or b and c', '(a or (b and c))'],
    ['a b OR c', '((a and b) or c)'],
    ['a NOT b', '(a and not b)'],
    ['NOT a AND b', '(not a and b)'],
    ['NOT (a OR b) c', '(not (a or b) and c)'],
    ['not found', '(not and found)'],
    ['"Heart  attack" x', '(heart attack and x)'],
    ['"heart attack,or" b', undefined],
    ['"a AND (b"', 'a and b'],
    ['a\\,b', '(a and b)'],
    ['((a))', 'a'],
    ['a,b c', '(a or (b and c))'],
    ['or1 andy', '(or1 and andy)'],
  ] as const)
    if (expected === undefined) t.match(refusals(`Patient?_text=${text}`)[0], 'expected words')
    else t.equal(read(text), expected, text)
})

t.test('words that say nothing are refused', async t => {
  const bad = ['-', '""', 'a OR', 'AND a', 'OR', 'NOT', 'a AND OR b', '(a', 'a)', '()', '"a', 'a,,b', 'a,OR']
  for (const text of bad) t.match(refusals(`Patient?_text=${text}`), [`_text '${text}': expected words`], text)
  for (const deep of ['('.repeat(51), 'NOT '.repeat(51), 'NOT ('.repeat(26), 'NOT '.repeat(1_000_000)])
    t.match(refusals(`Patient?_content=${deep}a`)[0], 'NOT and brackets within each other: expected at most 50')
  t.match(refusals(`Patient?_content=${'a '.repeat(501)}`)[0], 'too many words: expected at most 500')
  t.match(refusals(`Patient?_content=${'a,'.repeat(500)}a`)[0], 'too many words: expected at most 500')
})

function said(it: Said): string {
  if (it.is === 'words') return it.text
  return it.is === 'not' ? `not ${said(it.of)}` : `(${it.of.map(said).join(` ${it.is} `)})`
}
