/**
 * What is shipped with Kiln: `terminology/`, one CodeSystem, ValueSet or ConceptMap to a file. Its index tells what is where, so
 * that a file is read when it is first asked for.
 */
import { globSync, readFileSync } from 'node:fs'
import type { FiledTerminology, TerminologyHeader } from '../conformance/terminology.ts'
import { parseJson } from '../fhir/json.ts'
import { isResource, type Resource } from '../fhir/resource.ts'
import { headerOf } from './entry.ts'

const shipped = new URL('../../terminology/', import.meta.url)
export const indexFile = 'index.generated.json'

type Indexed = TerminologyHeader & { readonly file: string }

/** None where nothing was indexed. */
export function shippedTerminology(folder: URL = shipped): readonly FiledTerminology[] {
  return readIndex(folder).map(({ file, ...header }) => ({ header, read: () => readResource(folder, file) }))
}

/** As `printIndex` wrote it, which a test proves. */
function readIndex(folder: URL): readonly Indexed[] {
  try {
    const { resources }: { readonly resources: readonly Indexed[] } = JSON.parse(
      readFileSync(new URL(indexFile, folder), 'utf8'),
    )
    return resources
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  }
}

/** For `npm run gen`. Throws where a file is something else, or a canonical comes twice. */
export function printIndex(folder: URL = shipped): string {
  const files = globSync('**/*.json', { cwd: folder })
    .map(file => file.replaceAll('\\', '/'))
    .filter(file => file !== indexFile)
    .sort()
  const known = new Map<string, string>()
  const lines = files.map(file => {
    const header = headerOf(readResource(folder, file))
    if (header === undefined || header.url === '') {
      throw new Error(`terminology/${file}: expected a CodeSystem, ValueSet or ConceptMap with a url`)
    }
    const canonical = `${header.resourceType} ${header.url}|${header.version ?? ''}`
    const other = known.get(canonical)
    if (other !== undefined) throw new Error(`terminology/${file}: ${canonical} is in ${other}, too`)
    known.set(canonical, file)
    return JSON.stringify({ ...header, file })
  })
  const note = 'by `npm run gen` from the files beside it; do not edit'
  return `{"generated":${JSON.stringify(note)},"resources":[\n${lines.join(',\n')}\n]}\n`
}

function readResource(folder: URL, file: string): Resource {
  const resource = parseJson(readFileSync(new URL(file, folder)))
  if (!isResource(resource)) throw new Error(`terminology/${file}: expected a resource`)
  return resource
}
