/** Makes packages, good ones and bad ones. */
import { gzipSync } from 'node:zlib'

export type File = {
  readonly name: string
  readonly body?: string | Uint8Array
  /** `typeflag`. */
  readonly flag?: string
  /** What the header says, true or not. */
  readonly size?: number
  readonly link?: string
  readonly prefix?: string
  /** Added to the checksum. */
  readonly off?: number
}

const block = 512

/** https://www.gnu.org/software/tar/manual/html_node/Standard.html */
function header({
  name,
  body = '',
  flag = '0',
  size = Buffer.byteLength(body),
  link = '',
  prefix = '',
  off = 0,
}: File) {
  const bytes = Buffer.alloc(block)
  bytes.write(name, 0, 100)
  bytes.write('0000644\0', 100)
  bytes.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  bytes.write('00000000000\0', 136)
  bytes.write('        ', 148)
  bytes.write(flag, 156)
  bytes.write(link, 157, 100)
  bytes.write('ustar\u000000', 257)
  bytes.write(prefix, 345, 155)
  const sum = bytes.reduce((total, byte) => total + byte, off)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

export function tar(files: readonly File[], end = true): Buffer {
  const parts = files.flatMap(file => {
    const body = Buffer.from(file.body ?? '')
    return [header(file), body, Buffer.alloc((block - (body.length % block)) % block)]
  })
  return Buffer.concat([...parts, Buffer.alloc(end ? 2 * block : 0)])
}

export function tgz(files: readonly File[]): Buffer {
  return gzipSync(tar(files))
}

/** An extension header that tells about the entry behind it. */
export function pax(records: Readonly<Record<string, string>>, flag = 'x'): File {
  const body = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.byteLength(` ${key}=${value}\n`)
    const digits = String(rest + String(rest).length).length
    return `${rest + digits} ${key}=${value}\n`
  })
  return { name: 'PaxHeader', flag, body: body.join('') }
}

export type Manifest = {
  readonly name: string
  readonly version: string
  readonly fhirVersions?: readonly string[]
  readonly dependencies?: Readonly<Record<string, string>>
  readonly [member: string]: unknown
}

export function files(manifest: Manifest, resources: readonly object[]): File[] {
  const named = (resource: object) => {
    const { resourceType, id } = resource as { resourceType?: string; id?: string }
    return `package/${resourceType}-${id}.json`
  }
  return [
    { name: 'package/package.json', body: JSON.stringify({ fhirVersions: ['4.0.1'], ...manifest }) },
    ...resources.map(resource => ({ name: named(resource), body: JSON.stringify(resource) })),
  ]
}

export function pack(manifest: Manifest, resources: readonly object[] = []): Buffer {
  return tgz(files(manifest, resources))
}

export function valueSet(id: string, more: object = {}): object {
  return { resourceType: 'ValueSet', id, url: `http://example.org/ValueSet/${id}`, status: 'active', ...more }
}
