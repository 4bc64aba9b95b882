import t from 'tap'
import { divFromXml, divProblem, divToXml } from '../../../src/fhir/xml/narrative.ts'

const declared = (rest: string) => `<div xmlns="http://www.w3.org/1999/xhtml"${rest}`

t.test('narratives without a problem', async t => {
  const good = [
    '<div>x</div>',
    '<div/>',
    ' \n<div>x</div>\t',
    declared('>a&nbsp;&eacute;&#160;<p xml:lang="en" class=\'c\'/></div>'),
    '<div>!-- Snipped for Brevity --></div>',
    `<div>${'<b>'.repeat(63)}${'</b>'.repeat(63)}</div>`,
    declared('><!-- </div> --></div>'),
  ]
  for (const div of good) t.equal(divProblem(div), undefined, div)
})

t.test('narratives that cannot stand in XML say why', async t => {
  const bad: readonly (readonly [div: string, problem: RegExp])[] = [
    ['', /begin with <div>/],
    ['text', /begin with <div>/],
    ['<divx/>', /begin with <div>/],
    ['<?xml version="1.0"?><div/>', /begin with <div>/],
    ['<!DOCTYPE div><div/>', /begin with <div>/],
    ['<div>', /unclosed tag/],
    ['<div>a & b</div>', /unclosed tag/],
    ['<div>&constructor;</div>', /undefined entity/],
    ['<div><br></div>', /unexpected close tag/],
    ['<div/><div/>', /documents may contain only one root|text data outside|root/],
    ['<div/>x', /outside of root/],
    ['<div class=a/>', /quot/],
    ['<div>\u0001</div>', /disallowed character/],
    ['<div xmlns="http://hl7.org/fhir"/>', /namespace 'http:\/\/hl7.org\/fhir'/],
    ['<div><svg xmlns="http://www.w3.org/2000/svg"/></div>', /<svg> is in namespace/],
    ['<div xmlns:h="http://www.w3.org/1999/xhtml"><h:p/></div>', /prefix/],
    ['<div xmlns:x="http://www.w3.org/1999/xlink" x:href="a"/>', /'x:href' is not of XHTML/],
    [`<div>${'<b>'.repeat(64)}${'</b>'.repeat(64)}</div>`, /64 deep/],
  ]
  for (const [div, problem] of bad) t.match(divProblem(div) ?? 'none', problem, div)
})

t.test('entities in comments and CDATA are text, and stay', async t => {
  const div = declared('><!-- &nbsp; --><![CDATA[&nbsp;]]>&amp;&unknown;</div>')
  t.equal(divFromXml(div), div)
  t.equal(divToXml(div), div)
})

t.test('carriage returns survive XML, whose line ends are line feeds', async t => {
  const div = declared('>a\r\nb</div>')
  t.equal(divToXml(div), declared('>a&#13;\nb</div>'))
  t.equal(divFromXml(divToXml(div)), div)
  t.equal(divFromXml(declared('>a\r\nb\rc</div>')), declared('>a\nb\nc</div>'))
})

t.test('a long narrative of quotes and spaces is read in linear time', async t => {
  const hostile = `<div ${' xmlns'.repeat(20_000)}${'"'.repeat(20_001)}`
  t.match(divProblem(hostile) ?? 'none', /./)
})
