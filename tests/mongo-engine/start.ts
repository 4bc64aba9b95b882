/** `node tests/mongo-engine/start.ts [start|stop]`: starts what is not running and prints the connection string. */
import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { place, port, url } from './place.ts'
import { buildRoot, startPostgres, stopPostgres } from './root.ts'

const pidFile = join(place, 'gateway.pid')
const logFile = join(place, 'gateway.log')

async function start(): Promise<void> {
  mkdirSync(place, { recursive: true })
  buildRoot()
  startPostgres()
  if (!(await answers())) await startGateway()
  console.log(url)
}

async function startGateway(): Promise<void> {
  const log = openSync(logFile, 'w')
  const gateway = join(import.meta.dirname, 'gateway.ts')
  const child = spawn(process.execPath, [gateway], { detached: true, stdio: ['ignore', log, log], cwd: '/' })
  child.unref()
  writeFileSync(pidFile, String(child.pid))
  for (let tries = 0; tries < 100; tries++) {
    if (await answers()) return
    await sleep(100)
  }
  throw new Error(`the gateway did not start:\n${readFileSync(logFile, 'utf8')}`)
}

function answers(): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function stop(): void {
  try {
    process.kill(Number(readFileSync(pidFile, 'utf8')))
  } catch {
    console.log('the gateway was not running')
  }
  rmSync(pidFile, { force: true })
  stopPostgres()
}

const [, , command = 'start'] = process.argv
if (command === 'start') await start()
else if (command === 'stop') stop()
else {
  console.error('usage: start.ts [start|stop]')
  process.exitCode = 2
}
