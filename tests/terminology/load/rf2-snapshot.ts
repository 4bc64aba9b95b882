/** A release of invented concepts, in the files that Release Format 2 has. */

export const core = '900000000000207008'
export const model = '900000000000012004'
export const fsn = '900000000000003001'
export const synonym = '900000000000013009'
export const us = '900000000000509007'
export const gb = '900000000000508004'
export const preferred = '900000000000548007'
export const acceptable = '900000000000549004'
export const defined = '900000000000073002'
export const primitive = '900000000000074008'
export const inferred = '900000000000011006'
const stated = '900000000000010007'
export const isA = '116680003'

const head = 'id effectiveTime active moduleId'
const table = (header: string, ...rows: readonly string[]): string =>
  `${[header, ...rows].map(row => row.replaceAll(' ', '\t').replaceAll('_', ' ')).join('\r\n')}\r\n`
export const concepts = (...rows: readonly string[]): string => table(`${head} definitionStatusId`, ...rows)
export const descriptions = (...rows: readonly string[]): string =>
  table(`${head} conceptId languageCode typeId term caseSignificanceId`, ...rows)
export const relationships = (...rows: readonly string[]): string =>
  table(`${head} sourceId destinationId relationshipGroup typeId characteristicTypeId modifierId`, ...rows)
const values = (...rows: readonly string[]): string =>
  table(`${head} sourceId value relationshipGroup typeId characteristicTypeId modifierId`, ...rows)
export const refset = (fields: string, ...rows: readonly string[]): string =>
  table(`${head} refsetId referencedComponentId${fields === '' ? '' : ` ${fields}`}`, ...rows)

export const uuid = (n: number): string => `0000000${n}-aaaa-4aaa-8aaa-00000000000${n}`
export const folder = 'SnomedCT_Test/Snapshot'
export const snapshot: Readonly<Record<string, string>> = {
  [`${folder}/Terminology/sct2_Concept_Snapshot_INT_20260101.txt`]: concepts(
    `100005 20020131 1 ${core} ${primitive}`,
    `200003 20200131 1 ${core} ${defined}`,
    `300008 20210131 0 ${model} ${primitive}`,
  ),
  [`${folder}/Terminology/sct2_Description_Snapshot-en_INT_20260101.txt`]: descriptions(
    `111013 20020131 1 ${core} 100005 en ${fsn} Root_(thing) x`,
    `222015 20020131 1 ${core} 200003 en ${fsn} Swelling_(finding) x`,
    `333016 20020131 1 ${core} 200003 en ${synonym} Edema x`,
    `444017 20020131 1 ${core} 200003 en ${synonym} Oedema x`,
    `555018 20020131 1 ${core} 200003 en ${synonym} Swelling x`,
    `666019 20020131 0 ${core} 200003 en ${synonym} Gone x`,
    `777010 20020131 1 ${core} 300008 en ${synonym} Old x`,
  ),
  [`${folder}/Terminology/sct2_TextDefinition_Snapshot-en_INT_20260101.txt`]: descriptions(
    `888012 20020131 1 ${core} 200003 en 900000000000550004 Fluid_"in"_tissue. x`,
  ),
  [`${folder}/Terminology/sct2_Relationship_Snapshot_INT_20260101.txt`]: relationships(
    `111021 20020131 1 ${core} 200003 100005 0 ${isA} ${inferred} m`,
    `222023 20020131 1 ${core} 200003 300008 2 123005 ${inferred} m`,
    `333024 20020131 0 ${core} 200003 300008 0 ${isA} ${inferred} m`,
    `444025 20020131 1 ${core} 200003 300008 0 ${isA} ${stated} m`,
  ),
  [`${folder}/Terminology/sct2_StatedRelationship_Snapshot_INT_20260101.txt`]: 'not even read',
  [`${folder}/Terminology/sct2_RelationshipConcreteValues_Snapshot_INT_20260101.txt`]: values(
    `111127 20210731 1 ${core} 200003 #7.5 1 456007 ${inferred} m`,
    `222129 20210731 1 ${core} 200003 "two_words" 1 456007 ${inferred} m`,
  ),
  [`${folder}/Terminology/sct2_sRefset_OWLExpressionSnapshot_INT_20260101.txt`]: 'not even read',
  [`${folder}/Refset/Language/der2_cRefset_LanguageSnapshot-en_INT_20260101.txt`]: refset(
    'acceptabilityId',
    `${uuid(1)} 20020131 1 ${core} ${us} 333016 ${preferred}`,
    `${uuid(2)} 20020131 1 ${core} ${gb} 444017 ${preferred}`,
    `${uuid(3)} 20020131 1 ${core} ${us} 555018 ${acceptable}`,
    `${uuid(4)} 20020131 1 ${core} ${gb} 555018 ${acceptable}`,
    `${uuid(5)} 20020131 0 ${core} ${us} 555018 ${preferred}`,
  ),
  [`${folder}/Refset/Content/der2_Refset_SimpleSnapshot_INT_20260101.txt`]: refset(
    '',
    `${uuid(6)} 20200131 1 ${core} 723264001 200003`,
    `${uuid(7)} 20200131 0 ${core} 723264001 100005`,
    `${uuid(8)} 20200131 1 ${core} 723264001 333016`,
  ),
  [`${folder}/Refset/Content/der2_cRefset_AssociationSnapshot_INT_20260101.txt`]: refset(
    'targetComponentId',
    `${uuid(9)} 20200131 1 ${core} 900000000000527005 300008 200003`,
  ),
  [`${folder}/Refset/Map/der2_iisssccRefset_ExtendedMapSnapshot_INT_20260101.txt`]: refset(
    'mapGroup mapPriority mapRule mapAdvice mapTarget correlationId mapCategoryId',
    `${uuid(1)} 20200131 1 ${core} 447562003 200003 1 1 TRUE ALWAYS_R60 R60 447561005 447637006`,
  ),
  [`${folder}/Refset/Metadata/der2_ssRefset_ModuleDependencySnapshot_INT_20260101.txt`]: refset(
    'sourceEffectiveTime targetEffectiveTime',
    `${uuid(2)} 20260101 1 ${core} 900000000000534007 ${model} 20260101 20260101`,
  ),
  'SnomedCT_Test/Full/Terminology/sct2_Concept_Full_INT_20260101.txt': 'not even read',
  'SnomedCT_Test/Readme.txt': 'hello',
}
