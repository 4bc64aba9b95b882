/** What is told of each concept: its head, its code's slot, and the row that a lookup reads. */
import type { DatabaseSync } from 'node:sqlite'
import { type Attribute, packAttributes } from './attributes.ts'
import { packCodes } from './code-index.ts'
import { listOf } from './column.ts'
import { flag } from './file-format.ts'
import { packHeads } from './heads.ts'
import type { Terms } from './indexing.ts'
import { packSet } from './packed-set.ts'
import type { Resolved } from './resolve.ts'
import type { Stage } from './stage.ts'
import { packDesignation, packProperty, packTold } from './told.ts'

/** How many designations there are. */
export function writeConcepts(db: DatabaseSync, stage: Stage, resolved: Resolved): number {
  const insert = db.prepare('INSERT INTO concept VALUES (?, ?, ?)')
  for (const n of resolved.concepts.keys()) {
    insert.run(n, toldOf(stage, resolved, n), setOf(resolved, 'children', n) ?? null)
  }
  return resolved.designations.items.length
}

export function writeHeads(db: DatabaseSync, { texts, concepts }: Stage, resolved: Resolved): void {
  const { code, display, flags } = concepts.columns
  const insert = db.prepare('INSERT INTO head VALUES (?, ?)')
  const heads = packHeads(resolved.concepts.length, (concept, bytes) => {
    const row = resolved.concepts[concept] ?? 0
    const named = display.at(row) >= 0
    bytes.byte(flags.at(row) | (named ? flag.named : 0))
    texts.into(bytes, code.at(row))
    if (named) texts.into(bytes, display.at(row))
    const ancestors = setOf(resolved, 'ancestors', concept)
    if (ancestors !== undefined) bytes.append(ancestors)
  })
  for (const [block, packed] of heads) insert.run(block, packed)
}

/** `undefined`: there are none. */
function setOf({ hierarchy, concepts }: Resolved, of: 'children' | 'ancestors', n: number): Uint8Array | undefined {
  const members = listOf(hierarchy[of], n)
  return members.length === 0 ? undefined : packSet(members, concepts.length)
}

export function writeCodes(db: DatabaseSync, { codes, concepts }: Stage, resolved: Resolved): void {
  const mentions = concepts.values('mention')
  const keys = Array.from(resolved.concepts, row => codes.list[mentions[row] ?? 0] ?? '')
  db.prepare('INSERT INTO code VALUES (?)').run(packCodes(keys))
}

/** Displays and designations. `language`: of those that tell none. */
export function termsOf(stage: Stage, resolved: Resolved, language: string | undefined): Terms {
  const { display, flags } = stage.concepts.columns
  const designations = stage.designations.columns
  const most = resolved.concepts.length + resolved.designations.items.length
  const [concepts, places, kinds] = [sharedColumn(most), sharedColumn(most), sharedColumn(most)]
  // Languages of terms are counted from 1; 0 is one that nobody told.
  const own = stage.languages.add(language) + 1
  let count = 0
  const add = (concept: number, place: number, kind: number): void => {
    concepts[count] = concept
    places[count] = place
    kinds[count++] = kind
  }
  for (const [n, row] of resolved.concepts.entries()) {
    const inactive = (flags.at(row) & flag.inactive) === 0 ? 0 : 1
    if (display.at(row) >= 0) add(n, display.at(row), own * 2 + inactive)
    for (const each of listOf(resolved.designations, n)) {
      const told = designations.language.at(each)
      add(n, designations.value.at(each), (told < 0 ? own : told + 1) * 2 + inactive)
    }
  }
  return {
    concepts: concepts.subarray(0, count),
    places: places.subarray(0, count),
    kinds: kinds.subarray(0, count),
  }
}

/** Which the thread that indexes them need not copy. */
function sharedColumn(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4))
}

function toldOf(stage: Stage, resolved: Resolved, n: number): Uint8Array {
  const { texts, concepts, designations, given, values } = stage
  const { language, use, value } = designations.columns
  return packTold({
    parents(bytes) {
      for (const parent of listOf(resolved.hierarchy.parents, n)) bytes.varint(parent)
    },
    attributes: bytes => packAttributes(bytes, attributesOf(stage, resolved, n)),
    definition(bytes) {
      const place = concepts.columns.definition.at(resolved.concepts[n] ?? 0)
      if (place >= 0) texts.into(bytes, place)
    },
    designations(bytes) {
      for (const row of listOf(resolved.designations, n)) {
        packDesignation(bytes, { language: language.at(row), use: use.at(row) })
        texts.into(bytes, value.at(row))
      }
    },
    properties(bytes) {
      for (const row of listOf(resolved.given, n)) {
        const told = values.list[given.columns.value.at(row)]
        if (told !== undefined) packProperty(bytes, told)
      }
    },
  })
}

function attributesOf(
  { relations, literals }: Stage,
  { relations: lists, types, values }: Resolved,
  n: number,
): readonly Attribute[] {
  const attributes: Attribute[] = []
  for (const row of listOf(lists, n)) {
    const value = values[row] ?? 0
    attributes.push({
      group: relations.columns.group.at(row),
      type: types[row] ?? 0,
      value: value >= 0 ? value : (literals.list[~value] ?? ''),
    })
  }
  return attributes.sort((a, b) => a.group - b.group)
}
