/** The row of each concept: all that a lookup tells, so that it reads one place; its terms go into the index of words. */
import type { DatabaseSync } from 'node:sqlite'
import { type Attribute, packAttributes } from './attributes.ts'
import { type Lists, listOf } from './column.ts'
import { flag } from './file-format.ts'
import { packSet } from './packed-set.ts'
import type { Resolved } from './resolve.ts'
import type { Stage } from './stage.ts'
import type { TextIndex } from './text-index.ts'

/** How many designations there are. `language`: of texts that tell none. */
export function writeConcepts(
  db: DatabaseSync,
  stage: Stage,
  resolved: Resolved,
  { index, language }: { index: TextIndex; language: string | undefined },
): number {
  const { texts, concepts } = stage
  const { parents, children, ancestors } = resolved.hierarchy
  const own = stage.languages.add(language)
  const insert = db.prepare('INSERT INTO concept VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const text = (place: number): string | null => (place < 0 ? null : texts.at(place))
  const set = (lists: Lists, n: number): Uint8Array | null => {
    const members = listOf(lists, n)
    return members.length === 0 ? null : packSet(members, resolved.concepts.length)
  }
  for (const [n, row] of resolved.concepts.entries()) {
    const display = text(concepts.columns.display.at(row))
    const flags = concepts.columns.flags.at(row)
    const inactive = (flags & flag.inactive) !== 0
    // Languages of terms are counted from 1; 0 is one that nobody told.
    if (display !== null) index.add(n, display, { language: own + 1, inactive })
    insert.run(
      n,
      texts.at(concepts.columns.code.at(row)),
      display,
      flags,
      set(parents, n),
      set(ancestors, n),
      attributesOf(stage, resolved, n),
      text(concepts.columns.definition.at(row)),
      designationsOf(stage, listOf(resolved.designations, n), (value, language) =>
        index.add(n, value, { language: (language < 0 ? own : language) + 1, inactive }),
      ),
      propertiesOf(stage, resolved, n),
      set(children, n),
    )
  }
  return resolved.designations.items.length
}

function attributesOf({ relations, literals }: Stage, { relations: lists, types, values }: Resolved, n: number) {
  const rows = listOf(lists, n)
  if (rows.length === 0) return null
  const attributes: Attribute[] = []
  for (const row of rows) {
    const value = values[row] ?? 0
    attributes.push({
      group: relations.columns.group.at(row),
      type: types[row] ?? 0,
      value: value >= 0 ? value : (literals.list[~value] ?? ''),
    })
  }
  return packAttributes(attributes.sort((a, b) => a.group - b.group))
}

function designationsOf(
  { texts, designations }: Stage,
  rows: Int32Array,
  each: (value: string, language: number) => void,
): string | null {
  if (rows.length === 0) return null
  const { language, use, value } = designations.columns
  const list: [language: number, use: number, value: string][] = []
  for (const row of rows) {
    const text = texts.at(value.at(row))
    each(text, language.at(row))
    list.push([language.at(row), use.at(row), text])
  }
  return JSON.stringify(list)
}

function propertiesOf({ given, values }: Stage, { given: lists }: Resolved, n: number): string | null {
  const rows = listOf(lists, n)
  if (rows.length === 0) return null
  const list: string[] = []
  for (const row of rows) {
    const value = values.list[given.columns.value.at(row)]
    list.push(`[${value?.property},${value?.json}]`)
  }
  return `[${list.join(',')}]`
}
