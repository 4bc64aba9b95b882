import t from 'tap'
import { wordsOf } from '../../../src/search/values/words.ts'

t.test('words are runs of letters and digits, without case and accents, in their order', async t => {
  t.same(wordsOf('Heart-attack, 2nd  HEART'), ['heart', 'attack', '2nd', 'heart'])
  t.same(wordsOf('Œdème – aigu'), ['oedeme', 'aigu'])
  t.same(wordsOf('ångström(Å)'), ['angstrom', 'a'])
  t.same(wordsOf(' ,;'), [])
})

t.test('a run that does not end is cut, in every script', async t => {
  for (const letter of ['a', '中']) t.ok(wordsOf(letter.repeat(5_000_000)).length > 0, letter)
})
