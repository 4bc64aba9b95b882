/**
 * `npm run lock`: rewrites package-lock.json so that `npm ci` accepts it everywhere.
 *
 * A registry mirror may lack the packages of other platforms (Biome and swc publish one per platform).
 * npm then leaves them out of the lockfile, and `npm ci` refuses a lockfile that lacks them. They are
 * added here as optional entries with the platform that their name tells, so that they are skipped
 * where they do not belong and fetched where they do.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'

type Entry = {
  version?: string
  optionalDependencies?: Record<string, string>
  [key: string]: unknown
}

execFileSync('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], {
  stdio: 'inherit',
})
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, Entry>
}
let added = 0
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const at = `node_modules/${name}`
    const known = at in lock.packages || `${parent}/${at}` in lock.packages
    if (parent === '' || known || !platform(name)) continue
    lock.packages[at] = { version, ...platform(name), ...(entry['dev'] ? { dev: true } : {}), optional: true }
    added++
  }
}
const packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync('package-lock.json', `${JSON.stringify({ ...lock, packages }, null, 2)}\n`)
console.log(`package-lock.json: ${added} entries added for other platforms`)

/** `@biomejs/cli-linux-x64-musl` → `{ os: ['linux'], cpu: ['x64'], libc: ['musl'] }` */
function platform(name: string): { os: string[]; cpu: string[]; libc?: string[] } | undefined {
  const found =
    /(android|darwin|freebsd|linux|openbsd|sunos|win32)-(arm64|arm|ia32|loong64|ppc64|riscv64|s390x|x64)(?:-(musl|gnu|\w+))?$/.exec(
      name,
    )
  const [, os, cpu, abi] = found ?? []
  if (!os || !cpu) return undefined
  return { os: [os], cpu: [cpu], ...(os === 'linux' && abi ? { libc: [abi === 'musl' ? 'musl' : 'glibc'] } : {}) }
}
