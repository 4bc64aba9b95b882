/** What LOINC says of its terms, by the names that FHIR gives it. https://hl7.org/fhir/R4/loinc.html */
import type { PropertyDefinition } from '../code-system.ts'

/** Columns of Loinc.csv. */
export const axes = ['COMPONENT', 'PROPERTY', 'TIME_ASPCT', 'SYSTEM', 'SCALE_TYP', 'METHOD_TYP'] as const

/** Parts, where the release has links to them; texts where it has none. */
export const linked: readonly string[] = [...axes, 'CLASS']

/** Columns of Loinc.csv, as texts. */
export const texts = [
  ...['STATUS', 'CLASSTYPE', 'ORDER_OBS', 'CONSUMER_NAME', 'EXTERNAL_COPYRIGHT_NOTICE', 'EXTERNAL_COPYRIGHT_LINK'],
  ...['EXAMPLE_UNITS', 'EXAMPLE_UCUM_UNITS', 'UNITSREQUIRED', 'FORMULA', 'EXMPL_ANSWERS', 'SURVEY_QUEST_TEXT'],
  ...['SURVEY_QUEST_SRC', 'HL7_FIELD_SUBFIELD_ID', 'HL7_ATTACHMENT_STRUCTURE', 'ValidHL7AttachmentRequest'],
  ...['STATUS_REASON', 'STATUS_TEXT', 'CHANGE_REASON_PUBLIC', 'CHNG_TYPE', 'COMMON_TEST_RANK', 'COMMON_ORDER_RANK'],
  ...['PanelType', 'VersionFirstReleased', 'VersionLastChanged'],
] as const

/** Columns of Loinc.csv that name terms, with semicolons. */
export const terms = ['AskAtOrderEntry', 'AssociatedObservations'] as const

/** What a part is to a term, beyond the axes. */
const roles = [
  ...['analyte', 'analyte-core', 'analyte-suffix', 'analyte-numerator', 'analyte-divisor', 'analyte-divisor-suffix'],
  ...['analyte-gene', 'challenge', 'adjustment', 'count', 'time-core', 'time-modifier', 'system-core', 'super-system'],
  ...['category', 'search', 'rad-modality-modality-type', 'rad-modality-modality-subtype'],
  ...['rad-anatomic-location-region-imaged', 'rad-anatomic-location-imaging-focus'],
  ...['rad-anatomic-location-laterality-presence', 'rad-anatomic-location-laterality', 'rad-view-aggregation'],
  ...['rad-view-view-type', 'rad-maneuver-maneuver-type', 'rad-timing', 'rad-pharmaceutical-substance-given'],
  ...['rad-pharmaceutical-route', 'rad-reason-for-exam', 'rad-guidance-for-presence', 'rad-guidance-for-approach'],
  ...['rad-guidance-for-action', 'rad-guidance-for-object', 'rad-subject', 'document-kind', 'document-role'],
  ...['document-setting', 'document-subject-matter-domain', 'document-type-of-service'],
]

/** Of links that name no property: what the type of a part is called as a property. */
const byType: ReadonlyMap<string, string> = new Map([
  ['TIME', 'TIME_ASPCT'],
  ['SCALE', 'SCALE_TYP'],
  ['METHOD', 'METHOD_TYP'],
])

/** `http://loinc.org/property/time-core`; older releases have the type of the part alone. */
export function propertyOf(uri: string, type: string): string {
  const [, name] = /^http:\/\/loinc\.org\/property\/(.+)$/.exec(uri) ?? []
  return name ?? byType.get(type) ?? type
}

/** `links`: the release has links to parts. */
export function definitionsOf(links: boolean): readonly PropertyDefinition[] {
  const as = (type: PropertyDefinition['type'], codes: readonly string[]): readonly PropertyDefinition[] =>
    codes.map(code => ({ code, type, uri: `http://loinc.org/property/${code}` }))
  return [
    ...as(links ? 'Coding' : 'string', linked),
    ...as('string', texts),
    ...as('Coding', terms),
    ...(links ? as('Coding', roles) : []),
    ...as('Coding', ['answer-list', 'answers-for', 'MAP_TO']),
    { code: 'copyright', type: 'string', description: 'LOINC, or 3rdParty where others hold rights, too' },
    { code: 'LIST', type: 'code', description: 'The answer lists that an answer is in' },
    { code: 'GROUP', type: 'Coding', description: 'The groups that a term is in' },
    { code: 'panel-member', type: 'code' },
    { code: 'PartTypeName', type: 'string' },
  ]
}
