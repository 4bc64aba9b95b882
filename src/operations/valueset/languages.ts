/**
 * In which languages a value set is answered for: by the parameter, else by what the value set itself wants for its expansion, else
 * by the header, else in the language of the value set. https://build.fhir.org/ig/HL7/fhir-tx-ecosystem-ig/languages.html
 */
import type { JsonObject } from '../../fhir/resource.ts'
import { anyValueOf, objectOf, objectsOf, textOf } from '../../terminology/element.ts'
import { type Languages, languagesIn } from '../../terminology/value-set/language.ts'
import type { Asked } from '../terminology/asked.ts'

export function languagesFor(
  { languages, namesLanguage }: Pick<Asked, 'languages' | 'namesLanguage'>,
  valueSet: JsonObject | undefined,
): Languages {
  if (namesLanguage || valueSet === undefined) return languages
  const wanted = languagesIn(expansionParameter(valueSet, 'displayLanguage') ?? '') ?? []
  if (wanted.length > 0) return wanted
  const own = textOf(valueSet, 'language')
  return languages.length > 0 || own === undefined ? languages : (languagesIn(own) ?? [])
}

const extensions: ReadonlySet<unknown> = new Set([
  'http://hl7.org/fhir/StructureDefinition/valueset-expansion-parameter',
  'http://hl7.org/fhir/tools/StructureDefinition/valueset-expansion-parameter',
])

/** What the author of a value set wants it to be expanded with. */
function expansionParameter(valueSet: JsonObject, name: string): string | undefined {
  return [valueSet, objectOf(valueSet, 'compose')]
    .flatMap(element => objectsOf(element, 'extension'))
    .filter(extension => extensions.has(extension['url']))
    .map(extension => partsOf(extension))
    .find(parts => parts.get('name') === name)
    ?.get('value')
}

function partsOf(extension: JsonObject): ReadonlyMap<string, string> {
  return new Map(
    objectsOf(extension, 'extension').flatMap(part => {
      const [url, value] = [textOf(part, 'url'), anyValueOf(part)]
      return url === undefined || typeof value !== 'string' ? [] : [[url, value] as const]
    }),
  )
}
