/** Bytes → lines, many at a time: to wait for each of millions would cost more than to read it. */
import type { Load } from './format.ts'
import { baseName, type SourceFile } from './source.ts'

export type LineReader = (line: string, number: number) => void

export type Encoding = 'utf-8' | 'windows-1252'

/** Nobody's line is longer; a file without line ends is not a text. */
export const longest = 4_000_000

/** Without their ends, LF or CRLF. False: bytes that are no text ended the reading, with a problem. */
export async function readLines(
  file: SourceFile,
  load: Pick<Load, 'problems' | 'progress'>,
  read: LineReader,
  encoding: Encoding = 'utf-8',
): Promise<boolean> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  let rest = ''
  let number = 0
  const take = (text: string): void => {
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      read(text.slice(start, text.charCodeAt(end - 1) === 13 && end > start ? end - 1 : end), ++number)
      start = end + 1
    }
    rest = text.slice(start)
  }
  const refuse = (line: number, why: string): false => {
    load.problems.add(baseName(file), line, why)
    return false
  }
  for await (const chunk of file.open()) {
    const text = decoded(decoder, chunk)
    if (text === undefined) return refuse(number + 1 + linesTo(chunk, rest), notText(encoding))
    take(rest + text)
    if (rest.length > longest) return refuse(number + 1, unending)
    load.progress(chunk.length)
  }
  if (decoded(decoder) === undefined) return refuse(number + 1, notText(encoding))
  if (rest !== '') read(rest.endsWith('\r') ? rest.slice(0, -1) : rest, ++number)
  return true
}

export const unending = 'the line does not end: not a text file'

/** `undefined`: the bytes are no text. Without a chunk: the end of it. */
export function decoded(decoder: InstanceType<typeof TextDecoder>, chunk?: Uint8Array): string | undefined {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** How many lines end before the first bad bytes of a chunk. */
export function linesTo(chunk: Uint8Array, rest = ''): number {
  const text = rest + new TextDecoder().decode(chunk)
  return text.slice(0, text.indexOf('\u{FFFD}')).split('\n').length - 1
}

export function notText(encoding: string): string {
  return `the bytes are not ${encoding === 'utf-8' ? 'UTF-8' : encoding} text`
}
