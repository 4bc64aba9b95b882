/** What was gathered and resolved → the file. */
import { DatabaseSync } from 'node:sqlite'
import type { CodeSystemFacts } from '../code-system.ts'
import { listOf } from './column.ts'
import { type About, type Counts, format, indexes, rf2Schema, schema } from './file-format.ts'
import { beginIndex, type Index, postingsIn } from './indexing.ts'
import { packSet } from './packed-set.ts'
import type { Resolved } from './resolve.ts'
import type { Stage } from './stage.ts'
import { termsOf, writeCodes, writeConcepts, writeHeads } from './write-concepts.ts'
import { writeMembers, writeRelations } from './write-relations.ts'
import { writeDescriptions, writeOrigins } from './write-rf2.ts'
import { writeValues } from './write-values.ts'

type Telling = {
  readonly facts: CodeSystemFacts
  readonly progress?: ((step: 'concepts' | 'words') => void) | undefined
}

/** `path`: of a file that is not there yet. Left behind half written if this throws. */
export function writeFile(path: string, stage: Stage, resolved: Resolved, { facts, progress }: Telling): Counts {
  const db = new DatabaseSync(path)
  try {
    // Nobody reads it before it is complete and synced: until then there is nothing to protect.
    db.exec(
      'PRAGMA page_size = 8192; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -16384',
    )
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; BEGIN; ${schema}`)
    progress?.('concepts')
    const index = beginIndex(stage.texts, termsOf(stage, resolved, facts.language))
    const designations = writeConcepts(db, stage, resolved)
    writeHeads(db, stage, resolved)
    writeCodes(db, stage, resolved)
    writeDescendants(db, resolved)
    const properties = writeValues(db, stage, resolved, facts)
    const relations = writeRelations(db, resolved)
    const members = writeMembers(db, stage, resolved)
    const rf2 = writeRf2(db, stage, resolved)
    progress?.('words')
    const words = index()
    writeWords(db, words)
    const counts: Counts = {
      concepts: resolved.concepts.length,
      designations,
      properties,
      edges: resolved.hierarchy.parents.items.length,
      closure: resolved.hierarchy.ancestors.items.length,
      relations,
      members,
      terms: words.concepts.length,
      words: words.words.texts.length,
    }
    writeAbout(db, {
      format,
      facts,
      counts,
      languages: stage.languages.list,
      uses: stage.uses.list.map(use => JSON.parse(use)),
      properties: stage.properties.list,
      ...(rf2 && { rf2 }),
    })
    db.exec(`${indexes}; COMMIT`)
    return counts
  } finally {
    db.close()
  }
}

function writeDescendants(db: DatabaseSync, { hierarchy, concepts }: Resolved): void {
  const insert = db.prepare('INSERT INTO descendants VALUES (?, ?)')
  for (const n of concepts.keys()) {
    const below = listOf(hierarchy.descendants, n)
    if (below.length > 0) insert.run(n, packSet(below, concepts.length))
  }
}

function writeRf2(db: DatabaseSync, stage: Stage, resolved: Resolved): About['rf2'] {
  if (stage.kinds.list.length === 0 && stage.modules.list.length === 0) return undefined
  db.exec(rf2Schema)
  writeOrigins(db, stage, resolved)
  const buckets = writeDescriptions(db, stage, resolved)
  return { kinds: stage.kinds.list.map(kind => JSON.parse(kind)), times: stage.times.list, buckets }
}

function writeWords(db: DatabaseSync, { concepts, languages, words, beginnings }: Index): void {
  const term = db.prepare('INSERT INTO term VALUES (?, ?)')
  term.run('concepts', bytesOf(concepts))
  term.run('languages', bytesOf(languages))
  const word = db.prepare('INSERT INTO word (word, terms) VALUES (?, ?)')
  for (const { text, terms } of postingsIn(words)) word.run(text, terms)
  const beginning = db.prepare('INSERT INTO beginning (beginning, terms) VALUES (?, ?)')
  for (const { text, terms } of postingsIn(beginnings)) beginning.run(text, terms)
}

function bytesOf({ buffer, byteOffset, byteLength }: Int32Array | Uint16Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function writeAbout(db: DatabaseSync, about: About): void {
  const insert = db.prepare('INSERT INTO about VALUES (?, ?)')
  for (const [name, value] of Object.entries(about)) insert.run(name, JSON.stringify(value))
}
