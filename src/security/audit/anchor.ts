/** Seals told to somebody else: who can rewrite the database, its key included, cannot take back what left the machine. */
import { open } from 'node:fs/promises'
import { parseSeal, type Seal } from './seal.ts'

/** Resolves when it is kept there. */
export type Anchor = (seal: Seal) => Promise<void>

/** One line for each, to be kept where the server cannot rewrite it: append-only, or shipped away. */
export function fileAnchor(path: string): Anchor {
  return async seal => {
    const file = await open(path, 'a', 0o600)
    try {
      await file.write(`${JSON.stringify(seal)}\n`)
      await file.datasync()
    } finally {
      await file.close()
    }
  }
}

/** `post`: by the egress gateway; rejects unless the receiver has it. */
export function webhookAnchor(url: string, post: (url: string, json: string) => Promise<void>): Anchor {
  return seal => post(url, JSON.stringify(seal))
}

export type Anchored = {
  readonly seals: readonly Seal[] /** Numbers of lines that are no anchors. */
  readonly bad: readonly number[]
}

/** What a file of anchors says of a tenant. A line that was cut short by a crash is told as bad, not passed over. */
export function parseAnchors(text: string, tenant: string): Anchored {
  const seals: Seal[] = []
  const bad: number[] = []
  for (const [at, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const seal = parseSeal(line)
    if (seal === undefined) bad.push(at + 1)
    else if (seal.tenant === tenant) seals.push(seal)
  }
  return { seals, bad }
}
