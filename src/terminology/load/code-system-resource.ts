/** CodeSystem resources of any size: alone in a file, in a Bundle, or one a line. https://hl7.org/fhir/R4/codesystem.html */
import { FhirError } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { isObject, type JsonObject } from '../../fhir/resource.ts'
import type { CodeSystemFacts, PropertyValue } from '../code-system.ts'
import { objectOf, objectsOf, textOf } from '../element.ts'
import { namesOf, propertiesOf } from '../resource/concept-list.ts'
import { factsOf } from '../resource/facts.ts'
import { designationsOf, markReader, printValue } from '../resource/resource-code-system.ts'
import type { Load, Release } from './format.ts'
import { type Item, readParts } from './json-parts.ts'
import { type Problem, problemList, shown } from './problems.ts'
import { type Rows, rowsInto } from './sink.ts'
import { baseName, type SourceFile } from './source.ts'

/** `left`: resources that were passed over, and why. */
export type Found = { readonly releases: readonly Release[]; readonly left: readonly Problem[] }

/** `undefined`: no file of JSON. Whatever is wrong with the files as JSON is left to those who load: here it ends the search. */
export async function codeSystemsIn(files: readonly SourceFile[]): Promise<Found | undefined> {
  const ours = files.filter(file => /\.(json|ndjson)$/i.test(baseName(file)))
  if (ours.length === 0) return undefined
  const found = []
  for (const file of ours) found.push(await inFile(file))
  return { releases: found.flatMap(({ releases }) => releases), left: found.flatMap(({ left }) => left) }
}

/** `place`: of its entry, in a Bundle. */
type Place = { readonly document: number; readonly place: number | undefined }

const cut: ReadonlySet<string> = new Set(['concept', 'entry/resource/concept'])
const isCut = (names: string): boolean => cut.has(names)

async function inFile(file: SourceFile): Promise<Found> {
  const problems = problemList()
  const releases: Release[] = []
  const left: Problem[] = []
  const name = baseName(file)
  await readParts(
    file,
    { problems, progress: () => {} },
    {
      isCut,
      item: () => true,
      rest: ({ document, text, line }) => {
        const resource = parsed(text, line, name, problems)
        for (const [place, one] of resourcesIn(resource)) {
          const why = whyNot(one)
          if (why === undefined) releases.push(releaseOf(file, { document, place }, factsOf(one)))
          else left.push({ file: name, line, text: why })
        }
        return problems.list.length === 0
      },
    },
  )
  return problems.list.length > 0 ? { releases: [], left: problems.list } : { releases, left }
}

type Placed = readonly [place: number | undefined, resource: JsonObject]

function resourcesIn(resource: JsonObject | undefined): readonly Placed[] {
  if (resource === undefined) return []
  if (resource['resourceType'] !== 'Bundle') return [[undefined, resource]]
  return objectsOf(resource, 'entry').map((entry, place): Placed => [place, objectOf(entry, 'resource') ?? {}])
}

/** Why it has no place in the library. */
function whyNot(resource: JsonObject): string | undefined {
  const { resourceType } = resource
  if (resourceType !== 'CodeSystem') {
    return `a ${typeof resourceType === 'string' ? shown(resourceType) : 'JSON object without resourceType'} is left out; expected a CodeSystem, or a Bundle of them`
  }
  const url = textOf(resource, 'url')
  if (url === undefined) return 'a CodeSystem without url is left out: nobody could refer to it'
  if (textOf(resource, 'content') === 'supplement') {
    return `the supplement ${shown(url)} is left out: store it as a resource of a tenant`
  }
  return objectsOf(resource, 'concept').length === 0 ? `the CodeSystem ${shown(url)} has no concepts` : undefined
}

function releaseOf(file: SourceFile, place: Place, facts: CodeSystemFacts): Release {
  return { facts, bytes: file.bytes, load: load => readConcepts(file, place, facts, load) }
}

async function readConcepts(file: SourceFile, at: Place, facts: CodeSystemFacts, load: Load): Promise<void> {
  const name = baseName(file)
  const rows = rowsInto(load.sink, name)
  const give = giver(facts, { rows, load, name })
  const isOurs = ({ document, places }: Item): boolean => document === at.document && places[0] === at.place
  await readParts(file, load, {
    isCut,
    item: item => {
      if (isOurs(item)) {
        const concept = parsed(item.text, item.line, name, load.problems)
        if (concept !== undefined) give(concept, undefined, item.line)
      }
      return true
    },
    rest: ({ document }) => document < at.document,
  })
  rows.flush()
}

type To = { readonly rows: Rows; readonly load: Load; readonly name: string }
type Give = (element: JsonObject, above: string | undefined, line: number) => void

/** Parents before their children, as in the resource. */
function giver(facts: CodeSystemFacts, { rows, load, name }: To): Give {
  const marksOf = markReader(facts)
  const [up, down] = [namesOf(facts, 'parent', 'subsumedBy'), namesOf(facts, 'child')]
  const giveProperty = (code: string, { code: property, value }: PropertyValue, line: number): void => {
    if (up.has(property)) rows.edge({ child: code, parent: printValue(value), line })
    else if (down.has(property)) rows.edge({ child: printValue(value), parent: code, line })
    else rows.property({ code, property, value, line })
  }
  const give: Give = (element, above, line) => {
    const code = textOf(element, 'code') ?? ''
    if (code === '') {
      load.problems.add(name, line, 'a concept has no code')
      return
    }
    const [display, definition] = [textOf(element, 'display'), textOf(element, 'definition')]
    const properties = propertiesOf(element)
    rows.concept({
      code,
      line,
      ...(display === undefined ? {} : { display }),
      ...(definition === undefined ? {} : { definition }),
      ...marksOf(properties),
    })
    if (above !== undefined) rows.edge({ child: code, parent: above, line })
    for (const property of properties) giveProperty(code, property, line)
    for (const designation of designationsOf(element)) rows.designation({ code, ...designation, line })
    for (const child of objectsOf(element, 'concept')) give(child, code, line)
  }
  return give
}

/** A concept may hold the whole hierarchy. */
const limits = { depth: 1_000, values: Number.POSITIVE_INFINITY, keys: 1_000 }

function parsed(
  text: string,
  line: number,
  file: string,
  problems: { add(file: string, line: number, text: string): void },
): JsonObject | undefined {
  try {
    const value = parseJson(text, limits)
    if (isObject(value)) return value
    problems.add(file, line, `expected a JSON object; found ${shown(text.trim())}`)
  } catch (error) {
    if (!(error instanceof FhirError)) throw error
    const [, within = '1', why = error.message] = /^JSON, line (\d+), column \d+: (.*)$/s.exec(error.message) ?? []
    problems.add(file, line + Number(within) - 1, why)
  }
  return undefined
}
