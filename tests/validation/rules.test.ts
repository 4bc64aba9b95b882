import t from 'tap'
import type { Json } from '../../src/fhir/resource.ts'
import { check, found, patient } from './found.ts'

t.test('an extension has a url and either a value or extensions', async t => {
  const inner = [{ url: 'b', valueString: 'x' }]
  found(t, 'no url', patient({ extension: [{ valueString: 'x' }] }), [
    'required',
    'Patient.extension[0].url',
    "expected 'url'",
  ])
  found(t, 'nothing', patient({ extension: [{ url: 'http://a' }] }), [
    'invariant',
    'Patient.extension[0]',
    'neither a value nor extensions',
  ])
  found(t, 'both', patient({ extension: [{ url: 'http://a', valueString: 'x', extension: inner }] }), [
    'invariant',
    'Patient.extension[0]',
    'both',
  ])
  found(t, 'nested', patient({ extension: [{ url: 'http://a', extension: [{ url: 'b' }] }] }), [
    'invariant',
    'Patient.extension[0].extension[0]',
    '(ext-1)',
  ])
  found(t, 'two values', patient({ extension: [{ url: 'http://a', valueString: 'x', valueCode: 'y' }] }), [
    'structure',
    'Patient.extension[0].value',
    'only one',
  ])
  found(t, 'modifier', patient({ modifierExtension: [{ url: 'a b', valueString: 'x' }] }), [
    'value',
    'Patient.modifierExtension[0].url',
    'white space',
  ])
})

t.test('resources inside are checked by their own type', async t => {
  const bad = patient({ birthDate: '2024-02-30' })
  const full = { resourceType: 'Bundle', type: 'collection', entry: [{ resource: patient({}) }, { resource: bad }] }
  found(t, 'Bundle', full, ['value', 'Bundle.entry[1].resource.birthDate', 'does not exist'])
  found(
    t,
    'Parameters',
    { resourceType: 'Parameters', parameter: [{ name: 'a', part: [{ name: 'b', resource: bad }] }] },
    ['value', 'Parameters.parameter[0].part[0].resource.birthDate', 'does not exist'],
  )
  found(t, 'unknown', { resourceType: 'Bundle', type: 'collection', entry: [{ resource: { resourceType: 'X' } }] }, [
    'structure',
    'Bundle.entry[0].resource',
    "resourceType 'X' is unknown",
  ])
  found(t, 'no object', { resourceType: 'Bundle', type: 'collection', entry: [{ resource: 'x' }] }, [
    'structure',
    'Bundle.entry[0].resource',
    'expected an object',
  ])
  t.match(
    check(bad, 'Bundle.entry[3].resource'),
    [{ expression: 'Bundle.entry[3].resource.birthDate' }],
    'at is the prefix',
  )
  t.match(check({}, 'Bundle.entry[3].resource'), [{ expression: 'Bundle.entry[3].resource' }])
})

t.test('contained resources have an id and contain nothing', async t => {
  const organization = { resourceType: 'Organization', id: 'o' }
  found(t, 'no id', patient({ contained: [{ resourceType: 'Organization', name: 'x' }] }), [
    'required',
    'Patient.contained[0].id',
    "expected 'id'",
  ])
  found(t, 'nested', patient({ contained: [{ ...organization, contained: [{ ...organization, id: 'p' }] }] }), [
    'invariant',
    'Patient.contained[0].contained',
    '(dom-2)',
  ])
  found(t, 'type', patient({ contained: [{ resourceType: 'X', id: 'o' }] }), [
    'structure',
    'Patient.contained[0]',
    'unknown',
  ])
  found(t, 'by its own type', patient({ contained: [{ ...organization, birthDate: '2024' }] }), [
    'structure',
    'Patient.contained[0].birthDate',
    'unknown',
  ])
})

t.test('references have a form that can lead somewhere', async t => {
  const refer = (reference: string) => patient({ managingOrganization: { reference } })
  for (const good of [
    'Organization/1',
    'Organization/1/_history/2',
    '#',
    '#o',
    'https://example.org/fhir/Organization/1',
    'urn:uuid:1',
    'Organization?identifier=a|b',
  ]) {
    found(t, good, refer(good))
  }
  for (const bad of [
    'Organization',
    'Organization/',
    'Organization/a b',
    'Organization/a_b',
    'Organisation/1',
    'organization/1',
    '/Organization/1',
    '1',
    'X?a=b',
    'https://a b',
    '# a',
  ]) {
    found(t, bad, refer(bad), ['value', 'Patient.managingOrganization.reference', 'is not a reference'])
  }
})

t.test('narratives are checked as XHTML', async t => {
  const text = (div: Json) => patient({ text: { status: 'generated', div } })
  found(t, 'active', text('<div xmlns="http://www.w3.org/1999/xhtml">x<script>alert(1)</script></div>'), [
    'invariant',
    'Patient.text.div',
    'the element <script>',
  ])
  found(t, 'malformed', text('<div xmlns="http://www.w3.org/1999/xhtml">x'), [
    'structure',
    'Patient.text.div',
    '<div> is not closed',
  ])
  found(t, 'empty', text('<div xmlns="http://www.w3.org/1999/xhtml"> </div>'), [
    'invariant',
    'Patient.text.div',
    '(txt-2)',
  ])
  found(t, 'no string', text({}), ['structure', 'Patient.text.div', 'expected a string of XHTML'])
  found(t, 'missing', patient({ text: { status: 'empty' } }), ['required', 'Patient.text.div', "expected 'div'"])
})
