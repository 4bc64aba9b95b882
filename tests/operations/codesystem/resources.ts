/** Code systems that the cases of the operations on code systems are about, beside the animals. */
import type { Resource } from '../../../src/fhir/resource.ts'
import { read } from '../../terminology/cases.ts'

const animals = (read('resources/animals.json') as unknown as readonly Resource[]).filter(
  ({ resourceType }) => resourceType === 'CodeSystem',
)

function system(name: string, more: object): Resource {
  return {
    resourceType: 'CodeSystem',
    url: `http://t/${name}`,
    status: 'active',
    content: 'complete',
    caseSensitive: true,
    ...more,
  }
}

function version(version: string, ...codes: readonly string[]): Resource {
  const concept = codes.map(code => ({ code, display: `${code} of ${version}` }))
  return system('versions', { version, name: 'Versions', concept })
}

export const resources: readonly Resource[] = [
  ...animals,
  version('1.0', 'a', 'b'),
  version('1.5', 'a', 'b', 'c'),
  version('2.0', 'a', 'c'),
  system('body', {
    hierarchyMeaning: 'part-of',
    concept: [{ code: 'hand', display: 'Hand', concept: [{ code: 'thumb', display: 'Thumb' }] }],
  }),
  system('groups', {
    hierarchyMeaning: 'grouped-by',
    concept: [{ code: 'group', concept: [{ code: 'member' }] }],
  }),
  system('classes', {
    hierarchyMeaning: 'classified-with',
    concept: [{ code: 'A00', display: 'Cholera', concept: [{ code: 'A00.0', display: 'Cholera, classical' }] }],
  }),
  system('spoken', {
    language: 'en',
    concept: [
      { code: 'tide', display: 'Tide', designation: [{ language: 'en', value: 'Tide' }] },
      { code: 'ebb', display: 'Ebb', designation: [{ language: 'de', value: 'Ebbe' }] },
      { code: 'flow' },
    ],
  }),
  system('bare', { concept: [{ code: 'x', concept: [{ code: 'y' }] }] }),
  system('typed', {
    title: 'Of all types',
    property: [
      { code: 'number', type: 'integer' },
      { code: 'share', type: 'decimal' },
      { code: 'since', type: 'dateTime' },
      { code: 'like', type: 'code' },
      { code: 'same', type: 'Coding' },
      { code: 'good', type: 'boolean' },
      { code: 'note', type: 'string' },
    ],
    concept: [
      {
        code: 'one',
        display: 'One',
        property: [
          { code: 'number', valueInteger: 1 },
          { code: 'share', valueDecimal: 0.5 },
          { code: 'since', valueDateTime: '2020-02-03' },
          { code: 'like', valueCode: 'two' },
          { code: 'same', valueCoding: { system: 'http://t/animals', code: 'cat', display: 'House cat' } },
          { code: 'good', valueBoolean: true },
          { code: 'note', valueString: 'The first' },
        ],
      },
      { code: 'two', display: 'Two', property: [{ code: 'note', valueString: 'The second' }] },
    ],
  }),
  system('words', {
    version: '3',
    name: 'Words',
    language: 'de',
    concept: [
      {
        code: 'water',
        display: 'Wasser',
        designation: [
          { language: 'en', value: 'Water' },
          { language: 'en-GB', value: 'Council pop' },
          { language: 'fr-CA', value: 'Eau' },
          { value: 'H2O' },
        ],
      },
    ],
  }),
  system('retired', { status: 'retired', version: '1', concept: [{ code: 'old', display: 'Old' }] }),
  system('experiment', { experimental: true, version: '1', concept: [{ code: 'try', display: 'Try' }] }),
  {
    resourceType: 'ValueSet',
    url: 'http://t/a-value-set',
    status: 'active',
    compose: { include: [{ system: 'http://t/animals' }] },
  },
]

/** As stored: each has an id. */
export const stored: readonly Resource[] = resources.map((resource, at) => ({ ...resource, id: `r${at}` }))

export function idOf(url: string, version?: string): string {
  const found = stored.find(each => each['url'] === url && (version === undefined || each['version'] === version))
  return String(found?.['id'])
}
