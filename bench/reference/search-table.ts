/** Tables for exactly the questions that are asked of them, with the index that each needs. */
import { DatabaseSync } from 'node:sqlite'
import { isObject, type Json, type JsonObject } from '../../src/fhir/resource.ts'
import type { Version } from '../../src/store/port.ts'
import type { Stored } from '../drive/population.ts'

export type SearchTable = {
  readonly db: DatabaseSync
  keep(resource: Stored, version: Version): void
}

export function openSearchTable(file: string): SearchTable {
  const db = new DatabaseSync(file)
  db.exec(`
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = WAL;
    PRAGMA wal_autocheckpoint = 10000;
    PRAGMA cache_size = -65536;
    PRAGMA mmap_size = ${2 ** 31};
    CREATE TABLE IF NOT EXISTS resource (row INTEGER PRIMARY KEY, type TEXT, id TEXT, json TEXT);
    CREATE TABLE IF NOT EXISTS identifier (system TEXT, value TEXT, row INTEGER, PRIMARY KEY (system, value, row))
      WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS family (name TEXT, row INTEGER, PRIMARY KEY (name, row)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS observation (
      patient TEXT, system TEXT, code TEXT, date TEXT, row INTEGER, PRIMARY KEY (patient, system, code, date, row)
    ) WITHOUT ROWID`)
  const insert = db.prepare('INSERT INTO resource (type, id, json) VALUES (?, ?, ?)')
  const identifier = db.prepare('INSERT INTO identifier VALUES (?, ?, ?)')
  const family = db.prepare('INSERT INTO family VALUES (?, ?)')
  const observation = db.prepare('INSERT INTO observation VALUES (?, ?, ?, ?, ?)')

  return {
    db,
    keep(resource, { type, id, json = '' }) {
      const row = insert.run(type, id, json).lastInsertRowid
      if (type === 'Patient') {
        for (const { system, value } of objects(resource['identifier'])) identifier.run(text(system), text(value), row)
        for (const name of objects(resource['name'])) family.run(text(name['family']).toLowerCase(), row)
      }
      if (type !== 'Observation') return
      const [subject] = objects(resource['subject'])
      for (const code of objects(resource['code'])) {
        for (const { system, code: value } of objects(code['coding'])) {
          const patient = text(subject?.['reference'])
          observation.run(patient, text(system), text(value), text(resource['effectiveDateTime']), row)
        }
      }
    },
  }
}

function objects(value: Json | undefined): readonly JsonObject[] {
  return [value].flat().filter(isObject)
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
