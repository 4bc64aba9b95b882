/**
 * SNOMED CT as its Release Format 2 brings it, in snapshot or full files, an edition or an edition and its extensions.
 * https://docs.snomed.org/snomed-ct-specifications/snomed-ct-release-file-specification
 */
import type { PropertyDefinition } from '../code-system.ts'
import { metadata } from '../ecl/metadata.ts'
import { alternateIdentifier } from '../ecl/schemes.ts'
import { type Format, factsOf, type Load } from './format.ts'
import type { Problem } from './problems.ts'
import { beginAcceptance } from './rf2-accepting.ts'
import { editionOf, international } from './rf2-edition.ts'
import { isActive, isConceptId, type Rf2File, type Rf2Kind, readLatest, rf2File } from './rf2-file.ts'
import { readIdentifiers } from './rf2-identifiers.ts'
import { type Displays, readTerms } from './rf2-terms.ts'
import { baseName } from './source.ts'

const url = 'http://snomed.info/sct'
const isA = '116680003'
const stated = '900000000000010007'

const ofOtherSchemes: PropertyDefinition = {
  code: alternateIdentifier,
  type: 'string',
  description: 'What another scheme calls it, such as LOINC#54486-6',
}

export const rf2: Format = async (files, wanted) => {
  const all = files.map(rf2File).filter(file => file !== undefined)
  if (all.length === 0) return undefined
  const used = oneView(all)
  const of = (...kinds: readonly Rf2Kind[]): Rf2File[] => used.filter(({ kind }) => kinds.includes(kind))
  const latest =
    used
      .map(file => file.date)
      .toSorted()
      .at(-1) ?? ''
  const { module, date, needed } = await editionOf(of('ModuleDependency'), latest)
  const edition = `${url}/${module}`
  return {
    facts: factsOf({
      url,
      version: wanted.version ?? `${edition}/version/${date}`,
      name: 'SNOMED_CT',
      title: 'SNOMED Clinical Terms',
      caseSensitive: true,
      compositional: true,
      hierarchyMeaning: 'is-a',
      language: 'en',
      valueSet: `${edition}?fhir_vs`,
      copyright:
        'Includes SNOMED Clinical Terms® (SNOMED CT®), used by permission of SNOMED International. All rights reserved.',
      properties: [
        { code: 'inactive', type: 'boolean', description: 'Whether the concept is inactive' },
        {
          code: 'sufficientlyDefined',
          type: 'boolean',
          description: 'Whether its description is sufficient to define it',
        },
        { code: 'moduleId', type: 'code', description: 'The module that it belongs to' },
        { code: 'effectiveTime', type: 'string', description: 'The day of its latest change' },
        ...(of('Identifier').length === 0 ? [] : [ofOtherSchemes]),
      ],
    }),
    edition,
    bytes: used.reduce((sum, { file }) => sum + file.bytes, 0),
    load: async load => {
      for (const { file, text } of missing(all, used)) load.problems.add(file, undefined, text)
      const acceptance = beginAcceptance(of('LanguageRefset'), load)
      try {
        await readRelationships(of('Relationship'), load)
        await readConcreteValues(of('RelationshipConcreteValues'), load)
        // Files of several reference sets have other columns: one by one.
        for (const group of byContent(of('Refset', 'ModuleDependency'))) await readMembers(group, load)
        const displays = await readTerms([of('Description'), of('TextDefinition')], await acceptance.done(), load)
        const modules = await readConcepts(of('Concept'), displays, load)
        if (modules.size > 0 && needed.has(international) && !modules.has(international)) {
          load.problems.add('release', undefined, alone(module))
        }
        await readIdentifiers(of('Identifier'), load)
      } finally {
        await acceptance.stop()
      }
    },
  }
}

/** Of each archive its snapshots, where it has any: full files have all of it, with what it was before. */
function oneView(files: readonly Rf2File[]): readonly Rf2File[] {
  const known = files.filter(({ kind }) => kind !== 'unread')
  return [...Map.groupBy(known, ({ file }) => file.from?.path).values()].flatMap(together => {
    const snapshots = together.filter(({ view }) => view === 'Snapshot')
    return snapshots.length > 0 ? snapshots : together.filter(({ view }) => view === 'Full')
  })
}

function missing(all: readonly Rf2File[], used: readonly Rf2File[]): readonly Problem[] {
  const needed = ['Concept', 'Description', 'Relationship'] as const
  const [delta] = all.filter(({ view }) => view === 'Delta')
  if (used.length === 0 && delta !== undefined) {
    const text =
      'tells only what has changed since the release before; expected the Snapshot or Full files of a release'
    return [{ file: baseName(delta.file), text }]
  }
  return needed
    .filter(kind => !used.some(file => file.kind === kind))
    .map(kind => ({ file: `sct2_${kind}_Snapshot_….txt`, text: 'is not among the files' }))
}

function alone(module: string): string {
  return `the extension ${module} depends on the international edition, of which no concept is among the files; load its archive together with these, as one release`
}

/** Editions that bring the same kind of reference set are read together, so that the latest state counts. */
function byContent(files: readonly Rf2File[]): readonly (readonly Rf2File[])[] {
  return [...Map.groupBy(files, ({ file }) => baseName(file).replace(/(Snapshot|Full).*$/, '')).values()]
}

/** The modules that have any. */
async function readConcepts(files: readonly Rf2File[], displays: Displays, load: Load): Promise<ReadonlySet<string>> {
  const modules = new Set<string>()
  await readLatest(files, load, rows => told => {
    const { number: line } = told
    const code = told.text(0)
    const display = displays.get(code)
    const active = isActive(told)
    rows.concept({
      code,
      line,
      ...(display === undefined ? {} : { display }),
      ...(active ? {} : { inactive: true }),
    })
    if (!active) rows.property({ code, property: 'inactive', value: true, line })
    rows.property({ code, property: 'sufficientlyDefined', value: told.is(4, metadata.defined), line })
    rows.property({ code, property: 'moduleId', value: told.text(3), line })
    rows.property({ code, property: 'effectiveTime', value: told.text(1), line })
    modules.add(told.text(3))
  })
  return modules
}

async function readRelationships(files: readonly Rf2File[], load: Load): Promise<void> {
  await readLatest(files, load, rows => told => {
    if (!isActive(told) || told.is(8, stated)) return
    const { number: line } = told
    const [source, target, type] = [told.text(4), told.text(5), told.text(7)]
    if (type === isA) rows.edge({ child: source, parent: target, line })
    else rows.relation({ source, group: Number(told.text(6)), type, value: { code: target }, line })
  })
}

async function readConcreteValues(files: readonly Rf2File[], load: Load): Promise<void> {
  await readLatest(files, load, rows => told => {
    if (!isActive(told) || told.is(8, stated)) return
    const [source, value, type] = [told.text(4), told.text(5), told.text(7)]
    rows.relation({ source, group: Number(told.text(6)), type, value, line: told.number })
  })
}

/** Members that are descriptions or relationships are left out: a concept is what can be a code. */
async function readMembers(files: readonly Rf2File[], load: Load): Promise<void> {
  await readLatest(files, load, rows => (told, names) => {
    if (!isConceptId(told, 5)) return
    const { number: line } = told
    const [refset, member] = [told.text(4), told.text(5)]
    const origin = { moduleId: told.text(3), effectiveTime: told.text(1) }
    const state = isActive(told) ? undefined : { inactive: true }
    if (names.length === 6) {
      rows.member({ refset, member, origin, line, ...state })
      return
    }
    const fields: Record<string, string> = {}
    for (let at = 6; at < names.length; at++) fields[names[at] ?? ''] = told.text(at)
    rows.member({ refset, member, fields, origin, line, ...state })
  })
}
