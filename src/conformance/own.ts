/** Definitions of this server's own as JSON, one resource to a file: those of `conformance/`; `profiles.ts` has others. */
import { type Dirent, readdirSync, readFileSync } from 'node:fs'
import { parseJson } from '../fhir/json.ts'
import type { Json } from '../fhir/resource.ts'

export type OwnFile = {
  /** For messages: `search-parameters/eye-colour.json`. */
  readonly name: string
  /** Not looked at yet. */
  readonly content: Json
}

/** The message tells all mistakes, one a line. */
export class BadDefinitions extends Error {
  override readonly name = 'BadDefinitions'
}

const conformance = new URL('../../conformance/', import.meta.url)

/** In the order of their names; none where there is no such folder. Throws `BadDefinitions` if one of them is no JSON. */
export function ownSearchParameters(folder: URL = conformance): readonly OwnFile[] {
  return ofKind('search-parameters', folder)
}

/** Likewise. */
export function ownOperations(folder: URL = conformance): readonly OwnFile[] {
  return ofKind('operations', folder)
}

function ofKind(kind: string, folder: URL): readonly OwnFile[] {
  const files = jsonIn(new URL(`${kind}/`, folder), `conformance/${kind}`)
  return files.map(({ name, content }) => ({ name: `${kind}/${name}`, content }))
}

/** Those that lie in the folder itself, which messages know as `called`. */
export function jsonIn(folder: URL, called: string): readonly OwnFile[] {
  return filesIn(folder)
    .filter(entry => entry.isFile() && entry.name.endsWith('.json'))
    .map(({ name }) => name)
    .sort()
    .map(name => ({ name, content: read(new URL(name, folder), `${called}/${name}`) }))
}

function filesIn(folder: URL): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function read(file: URL, called: string): Json {
  try {
    return parseJson(readFileSync(file))
  } catch (cause) {
    throw new BadDefinitions(`${called}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
