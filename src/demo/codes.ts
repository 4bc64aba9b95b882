/** What patients of the demo hospital have: few, common and harmless. */
export type Coded = { readonly system: string; readonly code: string; readonly display: string }

type Several = readonly [Coded, ...Coded[]]

const snomed = 'http://snomed.info/sct'
const loinc = 'http://loinc.org'

export const conditions: Several = [
  { system: snomed, code: '38341003', display: 'Hypertensive disorder' },
  { system: snomed, code: '44054006', display: 'Diabetes mellitus type 2' },
  { system: snomed, code: '195967001', display: 'Asthma' },
  { system: snomed, code: '13645005', display: 'Chronic obstructive pulmonary disease' },
  { system: snomed, code: '49436004', display: 'Atrial fibrillation' },
  { system: snomed, code: '84114007', display: 'Heart failure' },
]

export const allergies: Several = [
  { system: snomed, code: '91936005', display: 'Allergy to penicillin' },
  { system: snomed, code: '91935009', display: 'Allergy to peanut' },
  { system: snomed, code: '300916003', display: 'Latex allergy' },
]

export const drugs: Several = [
  { system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code: '314076', display: 'lisinopril 10 MG Oral Tablet' },
  { system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code: '860975', display: 'metformin 500 MG Oral Tablet' },
  { system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code: '259255', display: 'atorvastatin 40 MG Oral Tablet' },
]

/** With what is usual, in a unit of UCUM. */
export type Measured = Coded & {
  readonly category: 'vital-signs' | 'laboratory'
  readonly unit: string
  readonly low: number
  readonly high: number
}

const measured = (
  category: Measured['category'],
  code: string,
  display: string,
  unit: string,
  low: number,
  high: number,
): Measured => ({ system: loinc, ...{ category, code, display, unit, low, high } })

export const measurements: readonly Measured[] = [
  measured('vital-signs', '8867-4', 'Heart rate', '/min', 58, 104),
  measured('vital-signs', '8310-5', 'Body temperature', 'Cel', 36, 39),
  measured('vital-signs', '29463-7', 'Body weight', 'kg', 52, 104),
  measured('vital-signs', '59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry', '%', 91, 100),
  measured('laboratory', '2339-0', 'Glucose [Mass/volume] in Blood', 'mg/dL', 72, 190),
  measured('laboratory', '2160-0', 'Creatinine [Mass/volume] in Serum or Plasma', 'mg/dL', 1, 2),
  measured('laboratory', '718-7', 'Hemoglobin [Mass/volume] in Blood', 'g/dL', 9, 17),
]
