/**
 * What it costs that whole resources, or elements of them, are stored encrypted, each by the key of its patient: a process each,
 * beside one without.
 *   node bench/encryption.ts [--quick] [--only=read,search,create] [--rounds=5] [--seconds=1.5]
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { newKeyFile } from '../src/security/encryption/key-file.ts'
import { against, measure, type Pace, ratio, takeTurns } from './drive/contest.ts'
import { kiln, type Server, stopAll } from './drive/launch.ts'
import { type Lane, load } from './drive/load.ts'
import { connections, newcomers, transactions } from './drive/work.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
  },
})
const { quick } = values
const pace: Pace = {
  rounds: Number(values.rounds ?? (quick ? 1 : 5)),
  length: quick ? { answers: 32 } : { seconds: Number(values.seconds ?? 1.5) },
}
const folder = mkdtempSync(join(tmpdir(), 'kiln-bench-encryption-'))

const elements = 'Patient.identifier,Patient.name,Patient.telecom,Patient.address,Observation.note'

/** With its patients' ids. */
type Side = { readonly server: Server; readonly patients: readonly string[] }

async function side(name: string, settings: Readonly<Record<string, string>>): Promise<Side> {
  const server = await kiln({ ...settings, KILN_STORE: `sqlite:${join(folder, name)}` })
  await load({ origin: server.origin, lanes: transactions(), length: { answers: quick ? 16 : 64 } })
  const answer = await fetch(`${server.origin}/fhir/Patient?_elements=id&_count=64`)
  const { entry } = (await answer.json()) as { entry: readonly { resource: { id: string } }[] }
  return { server, patients: entry.map(({ resource: { id } }) => id) }
}

function asking(path: (patient: string) => string) {
  return ({ patients }: Side): readonly Lane[] =>
    Array.from({ length: connections }, (_, lane) =>
      Array.from({ length: 64 }, (_, turn) => {
        return { method: 'GET' as const, path: `/fhir/${path(patients[(lane * 64 + turn) % patients.length] ?? '')}` }
      }),
    )
}

const rows: Readonly<Record<string, (side: Side) => readonly Lane[]>> = {
  read: asking(id => `Patient/${id}`),
  search: asking(id => `Observation?patient=${id}&_count=20`),
  'create a patient, which makes a key': () => newcomers('Patient'),
  'create an observation': () => newcomers('Observation'),
}

try {
  const keys = join(folder, 'keys')
  newKeyFile(keys, n => randomBytes(n))
  const open = await side('open', {})
  const sealed = await side('sealed', { KILN_ENCRYPTION: 'Patient,Observation', KILN_KEY_FILE: keys })
  const parted = await side('parted', { KILN_ENCRYPTION: elements, KILN_KEY_FILE: keys })
  for (const [name, lanesOf] of Object.entries(rows)) {
    if (values.only?.split(',').some(only => name.startsWith(only)) === false) continue
    const lanes = { open: lanesOf(open), sealed: lanesOf(sealed), parted: lanesOf(parted) }
    const figures = await takeTurns(pace, {
      open: length => measure(open.server, lanes.open, length),
      sealed: length => measure(sealed.server, lanes.sealed, length),
      parted: length => measure(parted.server, lanes.parted, length),
    })
    const all = [figures.sealed, figures.open] as const
    const some = [figures.parted, figures.open] as const
    console.log(`${name}, encrypted: ${ratio(...all)} × without (${against(...all)})`)
    console.log(`${name}, elements encrypted: ${ratio(...some)} × without (${against(...some)})`)
  }
} finally {
  await stopAll()
  rmSync(folder, { recursive: true, force: true })
}
