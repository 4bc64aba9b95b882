import t from 'tap'
import { FhirError } from '../../src/fhir/issue.ts'
import {
  asksForResource,
  formatOf,
  namesVersion,
  negotiate,
  parseContentType,
  parseMediaType,
} from '../../src/fhir/media-type.ts'

function statusOf(attempt: () => unknown): number | undefined {
  try {
    attempt()
    return undefined
  } catch (error) {
    return error instanceof FhirError ? error.status : -1
  }
}

t.test('every R4 spelling of a format is understood', async t => {
  for (const format of ['json', 'xml'] as const) {
    for (const spelling of [
      format,
      format.toUpperCase(),
      `application/fhir+${format}`,
      `Application/FHIR+${format}`,
      `application/fhir ${format}`,
      `application/${format}`,
      `application/${format}+fhir`,
      `application/${format} fhir`,
      `text/${format}`,
      `application/fhir+${format}; charset=utf-8`,
      `application/fhir+${format}; charset=UTF8`,
      `application/fhir+${format};fhirVersion=4.0`,
    ]) {
      t.equal(formatOf(spelling), format, spelling)
    }
  }
})

t.test('what is not a format of FHIR is none', async t => {
  for (const other of [
    '',
    'html',
    'text/html',
    'application/fhir+turtle',
    'application/json-patch+json',
    'ttl',
    'jsonx',
  ]) {
    t.equal(formatOf(other), undefined, other)
  }
})

t.test('without a wish the answer is JSON', async t => {
  t.equal(negotiate(undefined, undefined), 'json')
  t.equal(negotiate('', undefined), 'json')
  t.equal(negotiate('*/*', undefined), 'json')
  t.equal(negotiate('application/*', undefined), 'json')
  t.equal(negotiate('text/html, image/gif, *; q=.2, */*; q=.2', undefined), 'json', "the JDK's default")
})

t.test('_format beats Accept', async t => {
  t.equal(negotiate('application/fhir+json', 'xml'), 'xml')
  t.equal(negotiate('text/html', 'application/fhir json'), 'json')
  t.equal(
    statusOf(() => negotiate('application/fhir+json', 'html')),
    406,
  )
  t.equal(
    statusOf(() => negotiate(undefined, 'application/fhir+json; fhirVersion=3.0')),
    406,
  )
  t.equal(
    statusOf(() => negotiate(undefined, '')),
    406,
  )
})

t.test('the quality of a range decides', async t => {
  t.equal(negotiate('application/fhir+json;q=0.5, application/fhir+xml', undefined), 'xml')
  t.equal(negotiate('application/fhir+xml;q=0.5, application/fhir+json;q=0.6', undefined), 'json')
  t.equal(negotiate('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', undefined), 'xml', 'a browser')
  t.equal(negotiate('*/*, application/fhir+json;q=0', undefined), 'xml', 'zero means never')
  t.equal(
    statusOf(() => negotiate('application/fhir+json;q=0', undefined)),
    406,
  )
})

t.test('of equal wishes the more precise one wins, then the one named first', async t => {
  t.equal(negotiate('*/*, application/fhir+xml', undefined), 'xml')
  t.equal(negotiate('application/fhir+xml, application/fhir+json', undefined), 'xml')
  t.equal(negotiate('application/fhir+json, application/fhir+xml', undefined), 'json')
})

t.test('a media type that cannot be given is refused and the offer is named', async t => {
  for (const accept of ['text/html', 'image/png, text/*', 'application/fhir+turtle', 'nonsense', ',,,', 'a/b;q=2']) {
    t.throws(() => negotiate(accept, undefined), { status: 406, message: /application\/fhir\+json/ }, accept)
  }
})

t.test('another FHIR version is not acceptable', async t => {
  t.equal(negotiate('application/fhir+xml; fhirVersion=4.0', undefined), 'xml')
  t.equal(
    statusOf(() => negotiate('application/fhir+json; fhirVersion=3.0', undefined)),
    406,
  )
  t.equal(negotiate('application/fhir+xml; fhirVersion=5.0, application/fhir+json; fhirVersion=4.0', undefined), 'json')
  t.ok(namesVersion('application/fhir+json; fhirVersion="4.0"'))
  t.notOk(namesVersion('application/fhir+json'))
  t.notOk(namesVersion(undefined))
})

t.test('only the media types of FHIR, or _format, make a Binary come as a resource', async t => {
  t.ok(asksForResource('application/fhir+json', undefined))
  t.ok(asksForResource('application/fhir+xml, */*;q=0.1', undefined))
  t.ok(asksForResource('image/png', 'json'))
  t.notOk(asksForResource(undefined, undefined))
  t.notOk(asksForResource('*/*', undefined))
  t.notOk(asksForResource('application/json', undefined))
  t.notOk(asksForResource('image/png, application/fhir+json;q=0.2', undefined))
  t.notOk(asksForResource('application/fhir+json;q=0', undefined))
})

t.test('a media type is read strictly', async t => {
  t.same(parseMediaType('Application/FHIR+json; Charset="UTF-8"'), {
    essence: 'application/fhir+json',
    parameters: new Map([['charset', 'UTF-8']]),
  })
  for (const bad of [
    '',
    'json',
    'application/',
    '/json',
    'application/json\t',
    'application/json\t; charset=utf-8',
    'application/json;\tcharset=utf-8',
    ' application/json',
    'application/ json',
    'application/json garbage',
    'application/json;',
    'application/json; charset',
    'application/json; charset=',
    'application/json; charset = utf-8',
    'application/json; charset=utf-8; charset=utf-16',
    'application/json; charset=utf-8, text/plain',
    'application/json, text/plain',
    'application/json; charset="utf-8',
    'application/json\u0000',
    'application/jsön',
  ]) {
    t.equal(parseMediaType(bad), undefined, JSON.stringify(bad))
  }
})

t.test('a body needs a media type that can be understood', async t => {
  t.equal(parseContentType('image/png').essence, 'image/png')
  t.equal(parseContentType('application/fhir+json; fhirVersion=4.0').essence, 'application/fhir+json')
  t.equal(parseContentType('text/plain; charset=iso-8859-1').essence, 'text/plain')
  for (const bad of [
    undefined,
    '',
    'application/json\t',
    'application/json; charset=utf-16',
    'application/fhir+json; fhirVersion=3.0',
  ]) {
    t.equal(
      statusOf(() => parseContentType(bad)),
      415,
      String(bad),
    )
  }
})
