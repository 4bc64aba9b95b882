/** Files as they come from a distributor: in a folder, in an archive, or alone. */

export type SourceFile = {
  /** Within its folder or archive, `/` between names. */
  readonly path: string
  /** Of its content, when not packed. */
  readonly bytes: number
  /** Can be read again. */
  readonly open: () => AsyncIterable<Uint8Array>
  /** Where on disk it was found, and under which name: another thread finds it there again. */
  readonly from?: { readonly path: string; readonly name: string }
}

export function baseName({ path }: SourceFile): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function named(files: readonly SourceFile[], name: string): SourceFile | undefined {
  return files.find(file => baseName(file).toLowerCase() === name.toLowerCase())
}
