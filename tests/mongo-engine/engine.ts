/** Where tests find a MongoDB: the one that `KILN_TEST_MONGODB` names, else the engine of this folder. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { place } from './place.ts'

const help = `
  ┌──────────────────────────────────────────────────────────────────────────────────┐
  │ MongoDB is NOT tested: there is no MongoDB here and the test engine cannot start │
  │ (it needs Linux on amd64, root, and apt with a Debian mirror). Get one:          │
  │                                                                                  │
  │   docker compose up -d mongo                                                     │
  │   export KILN_TEST_MONGODB='mongodb://127.0.0.1:27017/?directConnection=true'    │
  └──────────────────────────────────────────────────────────────────────────────────┘
`
const needed = ['/usr/bin/apt-get', '/usr/bin/dpkg-deb', '/usr/bin/flock', '/usr/sbin/chroot']

/** `undefined`: none can be had, and the reason was printed. In CI that is a failure, never a silent skip. */
export async function mongoUrl(): Promise<string | undefined> {
  const named = process.env['KILN_TEST_MONGODB']
  if (named) return named
  try {
    return await startEngine()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (process.env['CI'] === 'true')
      throw new Error(`MongoDB must be tested in CI: ${reason}\n${help}`, { cause: error })
    console.error(`${help}  ${reason}\n`)
    return undefined
  }
}

async function startEngine(): Promise<string> {
  const { platform, arch } = process
  if (platform !== 'linux' || arch !== 'x64') throw new Error(`this is ${platform} on ${arch}`)
  if (process.getuid?.() !== 0) throw new Error('this user is not root')
  const missing = needed.filter(program => !existsSync(program))
  if (missing.length > 0) throw new Error(`${missing.join(', ')}: not found`)
  mkdirSync(place, { recursive: true })
  // The lock lets one of several test files build and start it; --close keeps the engine itself from inheriting it.
  const start = [join(place, 'lock'), process.execPath, join(import.meta.dirname, 'start.ts')]
  const { stdout } = await promisify(execFile)('/usr/bin/flock', ['--close', ...start])
  return stdout.trim()
}
