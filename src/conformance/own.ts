/** Definitions of this server's own as JSON, one resource to a file of `conformance/search-parameters/` or `conformance/operations/`. */
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
  return jsonIn('search-parameters', folder)
}

/** Likewise. */
export function ownOperations(folder: URL = conformance): readonly OwnFile[] {
  return jsonIn('operations', folder)
}

function jsonIn(kind: string, folder: URL): readonly OwnFile[] {
  return filesIn(new URL(`${kind}/`, folder))
    .filter(entry => entry.isFile() && entry.name.endsWith('.json'))
    .map(({ name }) => `${kind}/${name}`)
    .sort()
    .map(name => ({ name, content: read(name, folder) }))
}

function filesIn(folder: URL): readonly Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

function read(name: string, folder: URL): Json {
  try {
    return parseJson(readFileSync(new URL(name, folder)))
  } catch (cause) {
    throw new BadDefinitions(`conformance/${name}: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
}
