/** R4's own StructureDefinitions, from the generated artifact: a definition is parsed when it is first asked for. */
import { readFileSync } from 'node:fs'
import type { Filed, Header, Shelf } from './layer.ts'
import type { ElementDefinition, StructureDefinition } from './structure-definition.ts'

const artifact = new URL('./structures.generated.json', import.meta.url)
/** How a definition begins, as `generate/structures.ts` prints it: one to a paragraph, all but the elements on its first line. */
const opening = '\n\n{"url":"'

export function coreShelf(): Shelf {
  let filed: ReadonlyMap<string, Filed> | undefined
  const open = (): ReadonlyMap<string, Filed> => {
    filed ??= new Map(paragraphs(readFileSync(artifact)))
    return filed
  }
  return {
    of: url => {
      const found = open().get(url)
      return found ? [found] : []
    },
    all: () => [...open().values()],
  }
}

function paragraphs(text: Buffer): readonly (readonly [string, Filed])[] {
  const filed: (readonly [string, Filed])[] = []
  let start = text.indexOf(opening)
  while (start >= 0) {
    const next = text.indexOf(opening, start + 1)
    const paragraph = text.subarray(start + 2, next < 0 ? text.lastIndexOf('\n\n]') : next)
    const url = paragraph.toString('utf8', 8, paragraph.indexOf('"', 8))
    filed.push([url, filedFrom(paragraph)])
    start = next
  }
  return filed
}

function filedFrom(paragraph: Buffer): Filed {
  let known: Header | undefined
  return {
    get header() {
      known ??= headerFrom(paragraph)
      return known
    },
    read: () => structureFrom(paragraph),
  }
}

/** As written by the generator, which a test proves. */
function headerFrom(paragraph: Buffer): Header {
  const line = paragraph.toString('utf8', 0, paragraph.indexOf('\n'))
  return { resourceType: 'StructureDefinition', ...JSON.parse(line.replace(/,"element":\[$/, '}')) }
}

function structureFrom(paragraph: Buffer): StructureDefinition {
  const text = paragraph.toString('utf8').replace(/,$/, '')
  const { element, ...header }: Header & { element: readonly ElementDefinition[] } = JSON.parse(text)
  return { ...header, resourceType: 'StructureDefinition', differential: { element } }
}
