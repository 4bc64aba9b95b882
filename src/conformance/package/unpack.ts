/** A package as it is published: a gzipped tar archive. https://confluence.hl7.org/display/FHIR/NPM+Package+Specification */
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { FhirError, fail } from '../../fhir/issue.ts'
import { type ArchiveLimits, archiveLimits, type Entry, tooLarge } from './entry.ts'
import { readTar } from './tar.ts'

/** Bytes. Each chunk waits for a turn of the loop: by Node's usual 16 KB a large package would take thousands. */
const chunkSize = 512 * 1024

/** File by file, never more than one of them in memory; whoever stops asking stops the unpacking. */
export async function* unpack(
  packed: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  limits: ArchiveLimits = archiveLimits,
): AsyncGenerator<Entry> {
  const source = Readable.from(packed, { objectMode: false })
  const gunzip = createGunzip({ chunkSize })
  source.on('error', error => gunzip.destroy(error))
  source.pipe(gunzip)
  try {
    yield* readTar(
      measured(gunzip, () => gunzip.bytesWritten, limits),
      limits,
    )
  } catch (error) {
    throw isZlib(error)
      ? fail('structure', 'the package is not a gzip archive, or a damaged one', undefined, { cause: error })
      : error
  } finally {
    source.destroy()
    gunzip.destroy()
  }
}

/** Counts what comes out while it comes, headers and fillers too: a bomb is refused after its first megabytes. */
async function* measured(
  chunks: AsyncIterable<Uint8Array>,
  packed: () => number,
  { total, ratio, free }: ArchiveLimits,
): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > total) throw tooLarge(`more than ${total} bytes`)
    if (size > free && size > packed() * ratio) throw tooLarge(`more than ${ratio} times of what was sent`)
    yield chunk
  }
}

function isZlib(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return !(error instanceof FhirError) && /^(Z_|ERR_ZLIB)/.test(code)
}
