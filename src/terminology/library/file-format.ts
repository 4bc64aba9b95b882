/**
 * One version of a code system in one file, which never changes once it is there. Concepts are numbers, 0 … size-1, in the order
 * of the release; sets of them are packed (packed-set.ts), so that the 5.5 million pairs of SNOMED CT's hierarchy take 15 MB, both ways.
 */
import type { CodeSystemFacts, DescriptionKind } from '../code-system.ts'

export const format = 3

export const schema = `
  -- facts, names of what the other tables number, counts: JSON
  CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  -- By 256 concepts: code, display, flags and ancestors of each (heads.ts).
  CREATE TABLE head (block INTEGER PRIMARY KEY, heads BLOB NOT NULL);

  -- In one row: the concept of a code (code-index.ts).
  CREATE TABLE code (slots BLOB NOT NULL);

  CREATE TABLE concept (
    n INTEGER PRIMARY KEY,
    told BLOB NOT NULL,  -- all else that a lookup tells (told.ts), so that it reads one place
    children BLOB
  );

  CREATE TABLE descendants (n INTEGER PRIMARY KEY, concepts BLOB NOT NULL);

  -- Who has a property, and who with this value.
  CREATE TABLE property (n INTEGER PRIMARY KEY, concepts BLOB NOT NULL);
  CREATE TABLE value (property INTEGER, value TEXT, concepts BLOB NOT NULL, PRIMARY KEY (property, value)) WITHOUT ROWID;

  -- By type: all sources; and by value, rising, those of each (attributes.ts).
  CREATE TABLE relation (type INTEGER PRIMARY KEY, sources BLOB NOT NULL, by_value BLOB NOT NULL);

  -- Rows that were taken back lie under ~ the number of their reference set (refsets.ts).
  CREATE TABLE refset (n INTEGER PRIMARY KEY, concepts BLOB NOT NULL);
  CREATE TABLE field (refset INTEGER, member INTEGER, fields TEXT NOT NULL, PRIMARY KEY (refset, member)) WITHOUT ROWID;

  -- Terms, by rank (text-index.ts): the concept and the language of each; the terms of a word, and of a beginning of many words.
  CREATE TABLE term (name TEXT PRIMARY KEY, numbers BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE word (n INTEGER PRIMARY KEY, word TEXT NOT NULL, terms BLOB NOT NULL);
  CREATE TABLE beginning (n INTEGER PRIMARY KEY, beginning TEXT NOT NULL, terms BLOB NOT NULL);`

/** Made when the rows are in: twice as fast. */
export const indexes = `
  CREATE UNIQUE INDEX word_word ON word (word);
  CREATE UNIQUE INDEX beginning_beginning ON beginning (beginning);`

/** What only RF2 tells, and only ECL asks for; files that were not loaded from it have none of these. */
export const rf2Schema = `
  CREATE TABLE description (n INTEGER PRIMARY KEY, descriptions BLOB NOT NULL); -- descriptions.ts
  CREATE TABLE description_kind (n INTEGER PRIMARY KEY, concepts BLOB NOT NULL);
  -- By a part of the id: the rest of it, and the concept.
  CREATE TABLE description_id (n INTEGER PRIMARY KEY, concepts BLOB NOT NULL);
  -- The rows of a reference set that come from the same module and time, by their place among the rows of their member.
  CREATE TABLE origin (
    refset INTEGER, module TEXT, time TEXT, place INTEGER, members BLOB NOT NULL,
    PRIMARY KEY (refset, module, time, place)
  ) WITHOUT ROWID;`

export type About = {
  readonly format: number
  readonly facts: CodeSystemFacts
  readonly counts: Counts
  readonly languages: readonly string[]
  readonly uses: readonly { readonly system?: string; readonly code: string; readonly display?: string }[]
  readonly properties: readonly string[]
  /** Absent: the file has nothing of `rf2Schema`. */
  readonly rf2?: {
    readonly kinds: readonly DescriptionKind[]
    readonly times: readonly string[]
    /** How many rows `description_id` has. */
    readonly buckets: number
  }
}

export type Counts = {
  readonly concepts: number
  readonly designations: number
  readonly properties: number
  /** Pairs of child and parent. */
  readonly edges: number
  /** Pairs of descendant and ancestor. */
  readonly closure: number
  readonly relations: number
  readonly members: number
  readonly terms: number
  readonly words: number
}

/** Of a concept. `named`: it has a display. */
export const flag = { inactive: 1, abstract: 2, named: 4 } as const
