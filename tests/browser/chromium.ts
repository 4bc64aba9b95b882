/** Where tests find a browser: Debian's chromium, which is installed if it is not there. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import type { Test } from 'tap'

const help = `
  ┌─────────────────────────────────────────────────────────────────────────┐
  │ The pages are NOT tested: there is no Chromium here, and none can be    │
  │ installed (that needs root and apt with a Debian mirror). Get one, and: │
  │                                                                         │
  │   export KILN_TEST_CHROMIUM=/path/to/chromium                           │
  └─────────────────────────────────────────────────────────────────────────┘
`
const debians = '/usr/bin/chromium'

/** `undefined`: none can be had, and the reason was printed. In CI that is a failure, never a silent skip. */
export async function openChromium(t: Test): Promise<Browser | undefined> {
  try {
    const executablePath = process.env['KILN_TEST_CHROMIUM'] ?? (await installed())
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
    t.teardown(() => browser.close())
    return browser
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (process.env['CI'] === 'true')
      throw new Error(`the pages must be tested in CI: ${reason}\n${help}`, { cause: error })
    process.stderr.write(`${help}  ${reason}\n`)
    return undefined
  }
}

async function installed(): Promise<string> {
  if (existsSync(debians)) return debians
  if (process.getuid?.() !== 0) throw new Error('this user is not root')
  if (!existsSync('/usr/bin/apt-get')) throw new Error('there is no apt-get')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  await promisify(execFile)('/usr/bin/apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { env })
  return debians
}
