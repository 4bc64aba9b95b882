/** Server processes on loopback, and what they cost. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export type Server = {
  readonly origin: string
  /** ms from the start of the process until it accepts connections. */
  readonly started: number
  usage(): Usage | undefined
  stop(): Promise<void>
}

/** `undefined` where the system does not tell. */
export type Usage = {
  /** µs of all its threads so far. */
  readonly cpu: number
  /** MB resident, now and at most so far. */
  readonly memory: number
  readonly peak: number
}

export function kiln(settings: Readonly<Record<string, string>>): Promise<Server> {
  // What a server can do is measured: none of it is turned away, however little of the machine is left to it.
  const fixed = { KILN_AUTH: 'none', KILN_PORT: '0', KILN_LOG_LEVEL: 'error', KILN_MAX_EVENT_LOOP_DELAY: '0' }
  return launch('../../src/server.ts', [], { ...fixed, ...settings }, flags)
}

const root = new URL('../../', import.meta.url).pathname
/** Of Node, as users start it. */
const { start } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts
const flags: readonly string[] = start.match(/--\S+/g) ?? []
const [, cache = ''] = /\$PWD\/(.+?)\}/.exec(start) ?? []

/** `indexRows` of each resource. */
export function reference(name: 'read' | 'create' | 'update' | 'search', file: string, indexRows = 0): Promise<Server> {
  return launch(`../reference/${name}.ts`, [file, String(indexRows)], {})
}

/** Compiled modules are kept from start to start, where `npm start` keeps them. */
export const ambient = {
  PATH: process.env['PATH'],
  NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(root, cache),
}

const running = new Set<Server>()

/** Whatever still runs, at the end or after a failure. */
export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(server => server.stop()))
}

/** A server says where it listens in a line of its own. */
async function launch(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<Server> {
  const since = performance.now()
  const child = spawn(process.execPath, [...flags, new URL(script, import.meta.url).pathname, ...args], {
    env: { ...ambient, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const gone = once(child, 'exit')
  const origin = await addressIn(child.stdout)
  if (origin === undefined) throw new Error(`${script} did not start`)
  const server: Server = {
    origin,
    started: performance.now() - since,
    usage: () => usageOf(child.pid ?? 0),
    async stop() {
      running.delete(server)
      child.kill('SIGTERM')
      await gone
    },
  }
  running.add(server)
  return server
}

async function addressIn(stdout: NodeJS.ReadableStream): Promise<string | undefined> {
  for await (const line of createInterface({ input: stdout })) {
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(line)
    if (found) {
      stdout.resume() // whatever it says later must not fill the pipe
      return found[0]
    }
  }
  return undefined
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: times in hundredths of a second. */
export function usageOf(pid: number): Usage | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number)
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    if (!status.includes('VmRSS')) return undefined // it has ended, and waits to be buried
    const megabytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024
    return { cpu: (user + system) * 10_000, memory: megabytes('VmRSS'), peak: megabytes('VmHWM') }
  } catch {
    return undefined
  }
}
