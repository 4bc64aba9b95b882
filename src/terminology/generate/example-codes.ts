/**
 * Codes of SNOMED CT in the example resources that R4 publishes, with the displays given there; the definitions package does not carry
 * the examples. Each group stands below a concept that its codes are known to be a kind of. https://hl7.org/fhir/R4/downloads.html
 */
const groups: Readonly<Record<string, string>> = {
  '404684003': `
39065001 Burn of ear
386661006 Fever
368009 Heart valve disorder
254637007 NSCLC - Non-small cell lung cancer
18099001 Retropharyngeal abscess
363346000 Malignant neoplastic disease
10001005 Bacterial sepsis
36225005 Acute renal insufficiency specified as due to procedure
87628006 Bacterial infectious disease
422504002 Ischemic stroke (disorder)
371041009 Embolic Stroke
39579001 Anaphylactic reaction
64305001 Urticaria
247472004 Hives
304386008 O/E - itchy rash
398254007 Pre-eclampsia (disorder)`,
  '243796009': `
312824007 Family history of cancer of colon
716184000 No Known Latex Allergy (situation)
716186003 No Known Allergy (situation)`,
  '71388002': `
80146002 Appendectomy (Procedure)
90105005 Biopsy of soft tissue of forearm (Procedure)
76164006 Biopsy of colon (procedure)
73761001 Colonoscopy (procedure)
48023004 Breast self-examination technique education (procedure)
311401005 Patient education (procedure)
25267002 Insertion of intracardiac pacemaker (procedure)
62013009 Ambulating patient (procedure)
34068001 Heart valve replacement
172960003 Incision of retropharyngeal abscess
48387007 Tracheotomy
367336001 Chemotherapy
169068008 CT of neck
169069000 CT of thorax
270427003 Patient-initiated encounter
11429006 Consultation`,
  '442083009': `
38266002 Entire body as a whole
40768004 Left thorax
51185008 Thorax
49521004 Left external ear structure
280193007 Entire retropharyngeal area
83030008 Retropharyngeal area
361355005 Entire head and neck
281158006 Pulmonary vascular structure
181414000 Kidney
368225008 Entire Forearm
368209003 Right arm
272676008 Sphenoid bone`,
  '105590001': `
227493005 Cashew nuts
227037002 Fish - dietary (substance)`,
  '284009009': `
26643006 Oral Route
34206005 Subcutaneous route`,
  '223366009': `
310512001 Medical oncologist`,
  '': `
371923003 Mild to moderate
371924009 Moderate to severe
258219007 stage II
258710007 degrees C
439401001 diagnosis
55607006 Problem
311504000 With or after food`,
}

export type ExampleCode = { readonly code: string; readonly display: string; readonly parent: string | undefined }

export const exampleCodes: readonly ExampleCode[] = Object.entries(groups).flatMap(([parent, text]) =>
  text
    .trim()
    .split('\n')
    .map(line => {
      const [, code = '', display = ''] = /^(\d+) (.+)$/.exec(line) ?? []
      return { code, display, parent: parent === '' ? undefined : parent }
    }),
)
