/**
 * Which edition of SNOMED CT the files are, and of which day: what its modules depend on tells.
 * https://docs.snomed.org/snomed-ct-specifications/snomed-ct-uri-standard
 */
import { problemList } from './problems.ts'
import { isActive, type Rf2File, readRf2 } from './rf2-file.ts'

export type Edition = {
  readonly module: string
  readonly date: string
  /** The modules that others depend on. */
  readonly needed: ReadonlySet<string>
}

export const international = '900000000000207008'

/** Modules of national editions, as others know them. More modules of theirs may depend on these. https://hl7.org/fhir/R4/snomedct.html */
const national: ReadonlySet<string> = new Set([
  ...['449081005', '731000124108', '32506021000036107', '554471000005108', '11000146104', '45991000052106'],
  ...['83821000000107', '999000021000000109', '999000041000000102', '11000172109', '11000221109', '11000234105'],
  ...['20621000087109', '20611000087101', '11000181102', '11000229106', '11000274103', '1121000189102'],
  ...['11000220105', '21000210109', '51000202101', '11000267109', '900000001000122104', '2011000195101'],
  ...['11000279109', '5631000179106', '21000325107', '11000315107'],
])

/** These depend on an edition and are part of it: maps to ICD-9-CM, ICD-10 and ICD-10-CM. */
const maps: ReadonlySet<string> = new Set(['449079008', '449080006', '5991000124107'])

/** `latest`: of the names of all files, where none of them tells more. */
export async function editionOf(files: readonly Rf2File[], latest: string): Promise<Edition> {
  const modules = new Map<string, { readonly time: string; readonly date: string }>()
  const dependencies: (readonly [module: string, target: string])[] = []
  for (const file of files) {
    // What is wrong with the file is told when it is read for its members.
    await readRf2(file, { problems: problemList(), progress: () => {} }, line => {
      const [time, module, target] = [line.text(1), line.text(3), line.text(5)]
      if (!isActive(line)) return
      const { date } = file
      if (`${time}${date}` > `${modules.get(module)?.time ?? ''}${modules.get(module)?.date ?? ''}`) {
        modules.set(module, { time, date })
      }
      dependencies.push([module, target])
    })
  }
  const known = [...modules.keys()].filter(module => national.has(module))
  const candidates = known.length > 0 ? known : [...modules.keys()].filter(module => !maps.has(module))
  const root = candidates
    .filter(module => !dependencies.some(([by, of]) => of === module && candidates.includes(by)))
    .sort((a, b) => (modules.get(b)?.time ?? '').localeCompare(modules.get(a)?.time ?? ''))[0]
  const needed = new Set(dependencies.map(([, target]) => target))
  return { module: root ?? international, date: (root && modules.get(root)?.date) ?? latest, needed }
}
