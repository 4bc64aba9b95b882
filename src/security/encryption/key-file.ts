/** The master keys in a file of this machine, for its owner's eyes only. Read anew when somebody has changed it. */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { BadKeys, type KeyWrapper } from './key-wrapper.ts'

type Random = (bytes: number) => Uint8Array

/** By name, in the order in which they were made: the last one is current. */
type Keys = ReadonlyMap<string, Uint8Array>

const ownerOnly = 0o600

/** Throws where there is a file already: it may be all that opens a store. */
export function newKeyFile(path: string, random: Random): string {
  if (existsSync(path)) throw new BadKeys(`there is a file ${path} already: expected a path that is free`)
  const key = random(32)
  write(path, new Map([[nameOf(1, key), key]]))
  return nameOf(1, key)
}

/** Gives the name of the new key, which is current from now on. */
export function addKey(path: string, random: Random): string {
  const keys = read(path)
  const key = random(32)
  const name = nameOf(1 + Math.max(...[...keys.keys()].map(name => Number.parseInt(name, 10))), key)
  write(path, new Map([...keys, [name, key]]))
  return name
}

/** Not the current one. */
export function dropKey(path: string, name: string): void {
  const keys = new Map(read(path))
  const current = [...keys.keys()].at(-1)
  if (name === current) throw new BadKeys(`the key '${name}' is the current one: expected one of before`)
  if (!keys.delete(name)) throw new BadKeys(`the key '${name}' is not in ${path}`)
  write(path, keys)
}

/** The current one is last. */
export function namesIn(path: string): readonly string[] {
  return [...read(path).keys()]
}

export function openKeyFile(path: string, random: Random): KeyWrapper {
  let known = read(path)
  let state = stateOf(path)
  const latest = (): Keys => {
    const now = stateOf(path)
    if (now !== state) known = read(path)
    state = now
    return known
  }
  const currentOf = (keys: Keys): readonly [string, Uint8Array] => {
    const last = [...keys].at(-1)
    if (last === undefined) throw new BadKeys(`${path} holds no key`)
    return last
  }
  return {
    current: async () => currentOf(latest())[0],
    async wrap(key, about) {
      const [by, master] = currentOf(latest())
      const nonce = random(12)
      const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(context(by, about))
      const body = Buffer.concat([cipher.update(key), cipher.final()])
      return { by, text: Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url') }
    },
    async unwrap({ by, text }, about) {
      const master = known.get(by) ?? latest().get(by)
      if (master === undefined) {
        throw new BadKeys(`the keys of the store were wrapped by the master key '${by}', which is not in ${path}`)
      }
      const bytes = Buffer.from(text, 'base64url')
      try {
        const decipher = createDecipheriv('aes-256-gcm', master, bytes.subarray(0, 12), { authTagLength: 16 })
        decipher.setAAD(context(by, about)).setAuthTag(bytes.subarray(12, 28))
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()])
      } catch (cause) {
        throw new BadKeys(`a key of the store was changed: the master key '${by}' does not unwrap it`, { cause })
      }
    },
  }
}

function context(by: string, about: string): Uint8Array {
  return Buffer.from(JSON.stringify(['kiln data key', by, about]))
}

/** Two changes may happen at one tick of the file system's clock; but each makes another file. */
function stateOf(path: string): string {
  const { ino, mtimeMs, size } = statSync(path)
  return `${ino} ${mtimeMs} ${size}`
}

/** Keys of two files never have the same name. */
function nameOf(number: number, key: Uint8Array): string {
  const mark = createHash('sha256').update('kiln master key').update(key).digest('hex').slice(0, 8)
  return `${number}-${mark}`
}

function read(path: string): Keys {
  if (!existsSync(path)) throw new BadKeys(`there is no key file ${path}: 'kiln key new ${path}' makes one`)
  const { mode } = statSync(path)
  if ((mode & 0o077) !== 0 && process.platform !== 'win32') {
    const others = (mode & 0o777).toString(8)
    throw new BadKeys(`others than its owner may use the key file ${path} (mode ${others}): expected 600`)
  }
  const keys = new Map(
    readFileSync(path, 'utf8')
      .split('\n')
      .filter(line => line !== '' && !line.startsWith('#'))
      .map(line => parse(path, line)),
  )
  if (keys.size === 0) throw new BadKeys(`${path} holds no key`)
  return keys
}

function parse(path: string, line: string): readonly [string, Uint8Array] {
  const [name = '', text = ''] = line.split(' ')
  const key = Buffer.from(text, 'base64url')
  if (key.length === 32 && name === nameOf(Number.parseInt(name, 10), key)) return [name, key]
  throw new BadKeys(`${path} is no key file, or was changed: expected lines of a name and its key`)
}

const explanation =
  '# Master keys of Kiln, the last one current. Who has this file reads what is encrypted; without it nobody does.'

/** Whole or not at all, and for good: what is wrapped by a key that a loss of power takes back is lost. */
function write(path: string, keys: Keys): void {
  const lines = [...keys].map(([name, key]) => `${name} ${Buffer.from(key).toString('base64url')}`)
  const half = `${path}.new`
  writeFileSync(half, `${[explanation, ...lines].join('\n')}\n`, { mode: ownerOnly, flush: true })
  chmodSync(half, ownerOnly)
  renameSync(half, path)
  const folder = openSync(dirname(path), 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
