/** National Drug Codes, as the FDA lists them: products and their packages. https://www.fda.gov/drugs/drug-approvals-and-databases/ndc-product-file-definitions */
import { type Format, factsOf, type Load } from './format.ts'
import { rowsInto } from './sink.ts'
import { baseName, named, type SourceFile } from './source.ts'
import { readTable, type Table } from './table.ts'

export const ndc: Format = async (files, wanted) => {
  const products = named(files, 'product.txt')
  const packages = named(files, 'package.txt')
  if (products === undefined || packages === undefined) return undefined
  return {
    facts: factsOf({
      url: 'http://hl7.org/fhir/sid/ndc',
      ...(wanted.version === undefined ? {} : { version: wanted.version }),
      name: 'NDC',
      title: 'National Drug Code directory',
      caseSensitive: true,
      language: 'en',
      hierarchyMeaning: 'grouped-by',
      properties: [
        { code: 'kind', type: 'code', description: 'product or package' },
        { code: 'code-11', type: 'string', description: 'The code of a package in eleven digits, as claims write it' },
        ...Object.values(columns).map(code => ({ code, type: 'string' as const })),
      ],
    }),
    bytes: products.bytes + packages.bytes,
    load: async load => {
      const names = await readProducts(products, load)
      await readPackages(packages, names, load)
    },
  }
}

const columns: Readonly<Record<string, string>> = {
  DOSAGEFORMNAME: 'dosage-form',
  ROUTENAME: 'route',
  LABELERNAME: 'labeler',
  SUBSTANCENAME: 'substance',
  ACTIVE_NUMERATOR_STRENGTH: 'strength',
  ACTIVE_INGRED_UNIT: 'strength-unit',
}

const tabbed = (...names: readonly string[]): Table => ({
  columns: names,
  separator: '\t',
  quoted: false,
  encoding: 'windows-1252',
})

async function readProducts(file: SourceFile, load: Load): Promise<ReadonlyMap<string, string>> {
  const rows = rowsInto(load.sink, baseName(file))
  const names = new Map<string, string>()
  await readTable(file, load, tabbed('PRODUCTNDC', 'PROPRIETARYNAME', 'NONPROPRIETARYNAME'), (row, line) => {
    const code = row('PRODUCTNDC')
    if (names.has(code)) return // one product may be listed under several applications
    const brand = row('PROPRIETARYNAME').trim()
    const generic = row('NONPROPRIETARYNAME').trim()
    const display = brand === '' ? generic : brand
    names.set(code, display)
    rows.concept({ code, display, line })
    if (generic !== '' && generic !== display) rows.designation({ code, language: 'en', value: generic, line })
    rows.property({ code, property: 'kind', value: 'product', line })
    for (const [column, property] of Object.entries(columns)) {
      const value = row(column)
      if (value !== '') rows.property({ code, property, value, line })
    }
  })
  rows.flush()
  return names
}

async function readPackages(file: SourceFile, names: ReadonlyMap<string, string>, load: Load): Promise<void> {
  const rows = rowsInto(load.sink, baseName(file))
  const known = new Set<string>()
  await readTable(file, load, tabbed('PRODUCTNDC', 'NDCPACKAGECODE', 'PACKAGEDESCRIPTION'), (row, line) => {
    const product = row('PRODUCTNDC')
    const code = row('NDCPACKAGECODE')
    if (known.has(code)) return // as its product
    known.add(code)
    const name = names.get(product) // without one, it leads nowhere
    const description = row('PACKAGEDESCRIPTION')
    rows.concept({ code, display: name === undefined ? description : `${name}, ${description}`, line })
    rows.edge({ child: code, parent: product, line })
    rows.property({ code, property: 'kind', value: 'package', line })
    const long = elevenDigits(code)
    if (long !== undefined) rows.property({ code, property: 'code-11', value: long, line })
  })
  rows.flush()
}

/** 4-4-2, 5-3-2 and 5-4-1, filled to 5-4-2. */
function elevenDigits(code: string): string | undefined {
  const [labeler, product, pack, ...more] = code.split('-')
  if (labeler === undefined || product === undefined || pack === undefined || more.length > 0) return undefined
  return `${labeler.padStart(5, '0')}${product.padStart(4, '0')}${pack.padStart(2, '0')}`
}
