/** What is wrong with the files of a release, for whoever made or carried them. */

export type Problem = { readonly file: string; readonly line?: number; readonly text: string }

export type Problems = {
  readonly list: readonly Problem[]
  /** Throws `TooManyProblems` when enough is known. */
  add(file: string, line: number | undefined, text: string): void
}

/** Whoever mends these runs it again. */
const most = 100

export class TooManyProblems extends Error {
  override readonly name = 'TooManyProblems'
}

/** The bytes of a file are not what its form says they are: there its reading ends. */
export class Malformed extends Error {
  override readonly name = 'Malformed'
}

export function problemList(): Problems {
  const list: Problem[] = []
  return {
    list,
    add: (file, line, text) => {
      list.push(line === undefined ? { file, text } : { file, line, text })
      if (list.length === most) throw new TooManyProblems(`${most} problems`)
    },
  }
}

/** `sct2_Relationship_….txt line 17: expected 10 tab-separated columns, found 9` */
export function printed({ file, line, text }: Problem): string {
  return `${file}${line === undefined ? '' : ` line ${line}`}: ${text}`
}

/** What a file says, made short and visible. */
export function shown(text: string): string {
  const bare = text.replaceAll(/\p{C}/gu, '�')
  return bare.length > 40 ? `'${bare.slice(0, 40)}…'` : `'${bare}'`
}
