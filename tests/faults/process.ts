/** A server as a process of its own, which can be killed. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import type { Test } from 'tap'

export type Process = {
  readonly origin: string
  /** From the start of the process to the line that says where it serves. */
  readonly ms: number
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
}

export const product = new URL('../../src/server.ts', import.meta.url).pathname
export const brokenServer = new URL('./broken-server.ts', import.meta.url).pathname

/** `undefined`: it was killed, `dying` ms after its start, before it served. */
export async function startProcess(
  t: Test,
  program: string,
  store: string,
  args: readonly string[] = [],
  dying?: number,
  more: Readonly<Record<string, string>> = {},
): Promise<Process | undefined> {
  const started = performance.now()
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env
  // A loaded machine would otherwise turn requests away, which is another test's business.
  const settings = { KILN_PORT: '0', KILN_STORE: store, KILN_LOG_LEVEL: 'warn', KILN_MAX_EVENT_LOOP_DELAY: '0' }
  const env = { PATH, HOME, NODE_COMPILE_CACHE, KILN_AUTH: 'none', ...settings, ...more }
  const child = spawn(process.execPath, [program, ...args], { cwd: tmpdir(), env, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = once(child, 'exit')
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  t.teardown(kill)
  let said = ''
  const origin = new Promise<string | undefined>(resolve => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const base = /(http:\S+)\/fhir\n/.exec(said)
      if (base) resolve(base[1])
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    void exited.then(() => resolve(undefined))
  })
  const timer = dying === undefined ? undefined : setTimeout(kill, dying)
  const found = await origin
  if (found === undefined && dying === undefined) throw new Error(`the server ended:\n${said}`)
  clearTimeout(timer)
  if (found === undefined) return undefined
  return { origin: found, ms: performance.now() - started, kill }
}
