import t from 'tap'
import { fold } from '../../../src/search/values/fold.ts'

/** Spellings that are one, and what they are folded to. */
const alike: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  German: ['muller', ['Müller', 'MÜLLER', 'mu\u0308ller', 'Muller']],
  'German sharp s': ['strasse', ['Straße', 'STRASSE', 'STRAẞE', 'strasse']],
  Vietnamese: [
    'dang thi nguyet',
    ['Đặng Thị Nguyệt', 'ĐẶNG THỊ NGUYỆT', 'dang thi nguyet', 'Đặng Thị Nguyệt'.normalize('NFD')],
  ],
  'Turkish dotted': ['istanbul', ['İstanbul', 'ISTANBUL', 'istanbul', 'ıstanbul']],
  'Turkish dotless': ['isik', ['Işık', 'IŞIK', 'ışık', 'isik']],
  Greek: ['οδοσ', ['Οδός', 'ΟΔΟΣ', 'οδος', 'ὀδός']],
  Arabic: ['محمد', ['محمد', 'مُحَمَّد', 'محـــمد']],
  'Arabic hamza': ['احمد', ['أحمد', 'احمد']],
  Polish: ['lodz', ['Łódź', 'ŁÓDŹ', 'lodz']],
  Danish: ['soren aero', ['Søren Ærø', 'SØREN ÆRØ', 'soren aero']],
  French: ['coeur', ['Cœur', 'CŒUR', 'coeur']],
  Czech: ['dvorak', ['Dvořák', 'dvor\u030Ca\u0301k']],
  'Latin ligatures': ['fischer', ['ﬁscher', 'Fischer', 'FISCHER']],
  Cyrillic: ['иванов', ['Иванов', 'ИВАНОВ']],
  'Old letters': ['thorsson', ['Þorsson', 'þorſſon']],
}

for (const [name, [folded, spellings]] of Object.entries(alike)) {
  t.test(`${name} is found however it is written`, async t => {
    for (const spelling of spellings) t.equal(fold(spelling), folded, spelling)
  })
}

t.test('different letters stay different', async t => {
  const words = ['Müller', 'Mueller', 'Maller', 'حسن', 'حسين', '김', '이', '王', '玉', '😀', '😁']
  t.equal(new Set(words.map(fold)).size, words.length)
})

t.test('to fold twice is to fold once, and a beginning stays a beginning', async t => {
  for (const [, [, spellings]] of Object.entries(alike)) {
    for (const spelling of spellings) {
      const folded = fold(spelling)
      t.equal(fold(folded), folded)
      const letters = [...new Intl.Segmenter('en').segment(spelling)].map(({ segment }) => segment)
      for (let n = 1; n < letters.length; n++) {
        const beginning = fold(letters.slice(0, n).join(''))
        t.ok(folded.startsWith(beginning), `${spelling} begins with ${beginning}`)
      }
    }
  }
})

t.test('what is no letter stays as it is', async t => {
  for (const text of ['', ' ', 'a b', "o'neill-smith 3", '%_*.+?^$()|[]\\', '\u0000', '𝒳'.normalize('NFD')]) {
    t.equal(fold(text), text)
  }
})
