/** XML files as streams of elements with their lines. */
import { SaxesParser } from 'saxes'
import type { Load } from './format.ts'
import { shown } from './problems.ts'
import { baseName, type SourceFile } from './source.ts'

export type Element = {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly line: number
  text: string
}

export type ElementReader = {
  /** Elements whose text belongs to what is around them: a word in italics to its sentence. */
  readonly inline?: ReadonlySet<string>
  open?(element: Element, path: readonly Element[]): void
  /** `path`: those around it, outermost first. */
  close(element: Element, path: readonly Element[]): void
}

/** Deeper than any classification. */
const deepest = 100

/** A DTD is passed over: ClaML files name one. It defines nothing: entities of its own are not known. */
export async function readXml(
  file: SourceFile,
  load: Pick<Load, 'problems' | 'progress'>,
  reader: ElementReader,
): Promise<void> {
  const parser = new SaxesParser({ xmlns: false, position: true })
  const path: Element[] = []
  parser.on('opentag', ({ name, attributes }) => {
    if (path.length === deepest) throw new Error(`elements are nested deeper than ${deepest}`)
    const element = { name, attributes: attributes as Record<string, string>, line: parser.line, text: '' }
    reader.open?.(element, path)
    path.push(element)
  })
  parser.on('text', text => {
    const element = path.at(-1)
    if (element !== undefined) element.text += text
  })
  parser.on('closetag', () => {
    const element = path.pop()
    if (element === undefined) return
    const parent = path.at(-1)
    if (parent !== undefined && reader.inline?.has(element.name)) parent.text += element.text
    reader.close(element, path)
  })
  const decoder = new TextDecoder('utf-8', { fatal: true })
  try {
    for await (const chunk of file.open()) {
      parser.write(decoder.decode(chunk, { stream: true }))
      load.progress(chunk.length)
    }
    parser.write(decoder.decode()).close()
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'BadArchive' || error.name === 'TooManyProblems') throw error
    const why = error instanceof TypeError ? 'the bytes are not UTF-8 text' : error.message.replace(/^\d+:\d+: /, '')
    load.problems.add(baseName(file), parser.line, why.length > 200 ? shown(why) : why)
  }
}

/** The first thousand letters, which tell what a file is. */
export async function beginning(file: SourceFile): Promise<string> {
  let text = ''
  const decoder = new TextDecoder('utf-8')
  for await (const chunk of file.open()) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length >= 1_000) break
  }
  return text.slice(0, 1_000)
}
