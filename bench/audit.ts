/**
 * What the audit costs: the same server with and without it, end to end. What it does later (sealing, indexing) it does while the
 * other one rests, and is told apart.   node bench/audit.ts [--quick] [--rounds=5] [--seconds=1.5] [--only=mix,read,search,create,transaction]
 */
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { against, type Figures, measure, median, type Pace, ratio, takeTurns } from './drive/contest.ts'
import { kiln, type Server, stopAll } from './drive/launch.ts'
import { type Lane, type Length, load, type Request } from './drive/load.ts'
import { connections, creates, transactions } from './drive/work.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
  },
})
const { quick } = values
const pace: Pace = {
  rounds: Number(values.rounds ?? (quick ? 1 : 5)),
  length: quick ? { answers: 32 } : { seconds: Number(values.seconds ?? 1.5) },
}

const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-'))
const folderOf = (name: string): string => join(folder, name)

function start(name: string, audit: string): Promise<Server> {
  return kiln({ KILN_STORE: `sqlite:${folderOf(name)}`, KILN_AUDIT: audit })
}

/** Ids of the patients of a store that has something in it. */
async function grown(): Promise<readonly string[]> {
  const server = await start('off', 'off')
  await load({ origin: server.origin, lanes: transactions(), length: { answers: quick ? 16 : 128 } })
  const answer = await fetch(`${server.origin}/fhir/Patient?_elements=id&_count=100`)
  const { entry } = (await answer.json()) as { entry: readonly { resource: { id: string } }[] }
  await server.stop()
  return entry.map(({ resource: { id } }) => id)
}

function asking(patients: readonly string[], path: (id: string) => string): readonly Lane[] {
  return Array.from({ length: connections }, (_, lane) =>
    Array.from({ length: 64 }, (_, turn): Request => {
      return { method: 'GET', path: `/fhir/${path(patients[(lane * 64 + turn) % patients.length]!)}` }
    }),
  )
}

/** One of each in turn. */
function mixed(works: readonly (readonly Lane[])[]): readonly Lane[] {
  return Array.from({ length: connections }, (_, lane) =>
    Array.from({ length: 63 }, (_, turn): Request => works[turn % works.length]![lane]![turn]!),
  )
}

/** µs that a server still works when nobody asks any more, until it rests for a while: its jobs pause between their turns. */
async function rested(server: Server): Promise<number> {
  const begun = server.usage()?.cpu ?? 0
  let last = begun
  for (let quiet = 0; quiet < 3 && !quick; ) {
    await sleep(1_500)
    const now = server.usage()?.cpu ?? 0
    quiet = now - last < 75_000 ? quiet + 1 : 0
    last = now
  }
  return last - begun
}

async function row(name: string, off: Server, on: Server, lanes: readonly Lane[]): Promise<void> {
  const later: number[] = []
  const contestant = (server: Server) => async (length: Length) => {
    const figures = await measure(server, lanes, length)
    const µs = await rested(server)
    if (server === on) later.push(µs / figures.answers)
    return figures
  }
  const figures: Record<'on' | 'off', readonly Figures[]> = await takeTurns(pace, {
    off: contestant(off),
    on: contestant(on),
  })
  const both = against(figures.on, figures.off)
  const after = median(later).toFixed(0)
  console.log(
    `${name} with the audit: ${ratio(figures.on, figures.off)} × without (${both}; later ${after} µs per answer)`,
  )
}

try {
  const patients = await grown()
  cpSync(folderOf('off'), folderOf('on'), { recursive: true })
  const [off, on] = await Promise.all([start('off', 'off'), start('on', 'all')])
  const search = asking(patients, id => `Observation?patient=${id}&_count=20`)
  const single = { read: asking(patients, id => `Patient/${id}`), search, create: creates() }
  const rows = { mix: mixed(Object.values(single)), ...single, transaction: transactions() }
  const only = values.only?.split(',') ?? (quick ? ['mix'] : Object.keys(rows))
  for (const [name, lanes] of Object.entries(rows)) if (only.includes(name)) await row(name, off, on, lanes)
} finally {
  await stopAll()
  rmSync(folder, { recursive: true, force: true })
}
