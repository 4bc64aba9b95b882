/** XML files as streams of elements with their lines. */
import { SaxesParser } from 'saxes'
import type { Load } from './format.ts'
import { decoded, notText } from './lines.ts'
import { Malformed, shown } from './problems.ts'
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
    if (path.length === deepest) throw new Malformed(`elements are nested deeper than ${deepest}`)
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
  parser.on('error', ({ message }) => {
    const why = message.replace(/^\d+:\d+: /, '')
    throw new Malformed(why.length > 200 ? shown(why) : why)
  })
  try {
    const encoding = encodingOf(await firstBytes(file, 200))
    const decoder = new TextDecoder(encoding, { fatal: true })
    const write = (chunk?: Uint8Array): void => {
      const text = decoded(decoder, chunk)
      if (text === undefined) throw new Malformed(notText(encoding))
      parser.write(text)
    }
    for await (const chunk of file.open()) {
      write(chunk)
      load.progress(chunk.length)
    }
    write()
    parser.close()
  } catch (error) {
    if (!(error instanceof Malformed)) throw error
    load.problems.add(baseName(file), parser.line, error.message)
  }
}

/** What the file says itself, as ASCII; UTF-8 where it says nothing. https://www.w3.org/TR/xml/#charencoding */
function encodingOf(start: Buffer): string {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le'
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be'
  const [, name = 'utf-8'] = /^[^<]{0,3}<\?xml[^>]*\bencoding=["']([^"']+)/.exec(start.toString('latin1')) ?? []
  try {
    return new TextDecoder(name).encoding
  } catch {
    throw new Malformed(`the encoding is ${shown(name)}; expected such as UTF-8 or ISO-8859-1`)
  }
}

/** What tells what a file is: all that stands before the first entry. */
export async function beginning(file: SourceFile): Promise<string> {
  const bytes = await firstBytes(file, 20_000)
  let encoding = 'utf-8'
  try {
    encoding = encodingOf(bytes)
  } catch {
    // It is told when the file is read.
  }
  return new TextDecoder(encoding).decode(bytes)
}

async function firstBytes(file: SourceFile, count: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of file.open()) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= count) break
  }
  return Buffer.concat(chunks).subarray(0, count)
}
