/** The files of `terminology/` that a script makes. */
import { readFileSync } from 'node:fs'
import t from 'tap'
import { exampleCodes } from '../../../src/terminology/generate/example-codes.ts'
import { made } from '../../../src/terminology/generate/generate.ts'
import { printFile } from '../../../src/terminology/generate/print.ts'

const fileOf = (name: string): string =>
  readFileSync(new URL(`../../../terminology/${name}`, import.meta.url), { encoding: 'utf8' })

for (const [name, print] of Object.entries(made)) {
  t.test(`${name} is what the script prints`, async t => {
    t.ok(print() === fileOf(name), 'otherwise run: npm run gen')
  })
}

type Concept = {
  readonly code: string
  readonly display: string
  readonly designation?: readonly { readonly value: string }[]
  readonly property?: readonly { readonly code: string; readonly valueCode: string }[]
}

function conceptsOf(name: string): ReadonlyMap<string, Concept> {
  const { concept }: { readonly concept: readonly Concept[] } = JSON.parse(fileOf(name))
  return new Map(concept.map(each => [each.code, each]))
}

t.test('every country has three codes that name each other, and the numbers are those of the Unicode data', async t => {
  const concepts = conceptsOf('CodeSystem-iso-3166-1.json')
  const countries = [...concepts.keys()].filter(code => code.length === 2)
  t.equal(countries.length, 249)
  t.equal(concepts.size, 3 * 249)
  for (const alpha2 of countries) {
    const { display, property = [] } = concepts.get(alpha2)!
    const [alpha3 = '', numeric = ''] = property.map(({ valueCode }) => valueCode)
    t.match(alpha3, /^[A-Z]{3}$/)
    t.equal(Intl.getCanonicalLocales(`und-${numeric}`)[0], `und-${alpha2}`)
    for (const code of [alpha3, numeric]) {
      t.equal(concepts.get(code)?.display, display)
      t.ok(
        concepts.get(code)?.property?.some(({ valueCode }) => valueCode === alpha2),
        code,
      )
    }
  }
})

t.test('a country is found by the name that R4 has, too, without the slips of R4’s list', async t => {
  const concepts = conceptsOf('CodeSystem-iso-3166-1.json')
  t.match(concepts.get('SZ'), { display: 'Eswatini', designation: [{ value: 'Swaziland' }] })
  t.notOk([...concepts.values()].some(({ designation = [] }) => designation.some(({ value }) => /''|,$/.test(value))))
  t.equal(concepts.get('CI')?.designation, undefined)
})

t.test('SNOMED CT: displays come from lists, narratives and examples', async t => {
  const concepts = conceptsOf('CodeSystem-snomed-ct.json')
  t.equal(concepts.get('408467006')?.display, 'Adult mental illness', 'of a list')
  t.equal(concepts.get('24484000')?.display, 'Severe', 'of a narrative, `code: display`')
  t.equal(concepts.get('385669000')?.display, 'Successful', 'of a table of a narrative')
  t.equal(concepts.get('404684003')?.display, 'Clinical finding', 'of a filter')
  t.equal(concepts.get('284009009')?.display, 'route of administration value', 'in quotation marks')
  t.equal(concepts.get('39065001')?.display, 'Burn of ear', 'of an example')
  t.notOk(concepts.has('684003'), 'no breeds')
  for (const { code } of exampleCodes) t.ok(concepts.has(code), code)
})

t.test('SNOMED CT: every code has its check digit, and every parent is there', async t => {
  const concepts = conceptsOf('CodeSystem-snomed-ct.json')
  for (const { code, property = [] } of concepts.values()) {
    t.ok(isVerhoeff(code), code)
    for (const { valueCode } of property) t.ok(concepts.has(valueCode), `${code} under ${valueCode}`)
  }
  t.notOk(isVerhoeff('24484001'))
})

/** https://confluence.ihtsdotools.org/display/DOCRELFMT/5.5+Verhoeff+Check+Digit */
function isVerhoeff(code: string): boolean {
  const turn = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]
  const permuted = (digit: number, times: number): number => (times === 0 ? digit : permuted(turn[digit]!, times - 1))
  const times = (one: number, other: number): number => {
    if (one < 5) return other < 5 ? (one + other) % 5 : 5 + ((one + other) % 5)
    return other < 5 ? 5 + ((one - other) % 5) : (one - other + 5) % 5
  }
  return [...code].reverse().reduce((sum, digit, at) => times(sum, permuted(Number(digit), at % 8)), 0) === 0
}

t.test('what fits on a line of 120 characters stands on one', async t => {
  const long = 'x'.repeat(60)
  t.equal(
    printFile({
      resourceType: 'List',
      id: undefined,
      few: [1, { a: true, b: null }],
      many: [{ a: long }, { b: long }],
    }),
    `{
  "resourceType": "List",
  "id": null,
  "few": [1, { "a": true, "b": null }],
  "many": [
    { "a": "${long}" },
    { "b": "${long}" }
  ]
}
`,
  )
})
