import t from 'tap'
import { html } from '../../../src/http/pages/html.ts'

t.test('what is put in is text, unless it is HTML', async t => {
  t.equal(html`<p title="${`"'`}">${'<b>&'}</p>`.html, '<p title="&quot;&#39;">&lt;b&gt;&amp;</p>')
  t.equal(html`<p>${html`<b>${'<'}</b>`}</p>`.html, '<p><b>&lt;</b></p>')
  t.equal(html`${['<', html`<i>`, 1]}`.html, '&lt;<i>1')
  t.equal(html`${false}${undefined}${''}${0}`.html, '0')
})

t.test('no character turns the direction of writing, or ends a line unseen', async t => {
  t.equal(html`${'a\u202eb\u2066c\u0000d\u0085e\nf'}`.html, 'abcde\nf')
})
