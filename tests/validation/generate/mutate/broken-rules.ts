/** For R4's invariants, what to change of an object that keeps them so that it breaks this one and is well-formed still. */
import type { Json, JsonObject } from '../../../../src/fhir/resource.ts'
import { type Broken, brokenDefinitions } from './broken-definitions.ts'

const ucum = 'http://unitsofmeasure.org'
const text: JsonObject = { text: 'x' }
const reference: JsonObject = { display: 'x' }
const milligrams = (value: Json): JsonObject => ({ value, system: ucum, code: 'mg' })
const concept = (system: string, code: string): JsonObject => ({
  coding: [{ system: `http://terminology.hl7.org/CodeSystem/${system}`, code }],
})
const basic: JsonObject = { resourceType: 'Basic', id: 'zz', code: text }
const entry = (more: JsonObject): JsonObject => ({ resource: basic, ...more })
const request: JsonObject = { method: 'POST', url: 'Basic' }
const item = (type: string, more: JsonObject = {}): JsonObject => ({ linkId: 'q', type, ...more })
const itemMembers = [
  'item',
  'code',
  'initial',
  'answerOption',
  'answerValueSet',
  'required',
  'repeats',
  'readOnly',
  'maxLength',
  'text',
]
const plain = (type: string, more: JsonObject): Broken => ({
  on: 'Questionnaire.item',
  drop: itemMembers,
  put: { type, ...more },
})
const asserting = (on: string, more: JsonObject): Broken => ({
  on,
  drop: ['extension', 'response', 'responseCode', 'compareToSourceExpression', 'compareToSourcePath'],
  put: more,
})
const operating = (on: string): Broken => ({
  on,
  drop: ['sourceId', 'targetId', 'url', 'params'],
  put: { type: { code: 'read' } },
})

export const brokenRules: Readonly<Record<string, readonly Broken[]>> = {
  ...brokenDefinitions,
  'qty-3': ['Quantity', 'Age', 'Distance', 'Duration', 'Count'].map(on => ({
    on,
    drop: ['system'],
    put: { code: 'x' },
  })),
  'age-1': [{ on: 'Age', put: { value: -1, system: ucum, code: 'a' } }],
  'att-1': [{ on: 'Attachment', drop: ['contentType'], put: { data: 'YQ==' } }],
  'cpt-2': [{ on: 'ContactPoint', drop: ['system'], put: { value: 'x' } }],
  'cnt-3': [{ on: 'Count', put: { value: 1.5, system: ucum, code: '1' } }],
  'dis-1': [{ on: 'Distance', drop: ['code'], put: { value: 1, system: ucum } }],
  'drt-1': [{ on: 'Duration', drop: ['value'], put: { system: ucum, code: 'h' } }],
  'drq-1': [{ on: 'DataRequirement.codeFilter', put: { path: 'x', searchParam: 'x' } }],
  'drq-2': [{ on: 'DataRequirement.dateFilter', put: { path: 'x', searchParam: 'x' } }],
  'exp-1': [{ on: 'Expression', drop: ['expression', 'reference'] }],
  'per-1': [{ on: 'Period', drop: ['start', 'end'], put: { start: '2020-01-01', end: '2001' } }],
  'rng-2': [{ on: 'Range', put: { low: milligrams(20), high: milligrams(1) } }],
  'rat-1': [{ on: 'Ratio', drop: ['denominator'], put: { numerator: { value: 1 } } }],
  'tim-1': [{ on: 'Timing.repeat', drop: ['durationUnit', 'durationMax'], put: { duration: 1 } }],
  'tim-2': [{ on: 'Timing.repeat', drop: ['periodUnit', 'periodMax'], put: { period: 1 } }],
  'tim-4': [{ on: 'Timing.repeat', put: { duration: -1, durationUnit: 'h' } }],
  'tim-5': [{ on: 'Timing.repeat', put: { period: -1, periodUnit: 'h' } }],
  'tim-6': [{ on: 'Timing.repeat', drop: ['period'], put: { periodMax: 1 } }],
  'tim-7': [{ on: 'Timing.repeat', drop: ['duration'], put: { durationMax: 1 } }],
  'tim-8': [{ on: 'Timing.repeat', drop: ['count'], put: { countMax: 1 } }],
  'tim-9': [{ on: 'Timing.repeat', drop: ['when'], put: { offset: 1 } }],
  'tim-10': [{ on: 'Timing.repeat', put: { timeOfDay: ['12:00:00'], when: ['ACM'] } }],
  'trd-1': [{ on: 'TriggerDefinition', drop: ['timing[x]'], put: { data: [{ type: 'Patient' }], timingDate: '2001' } }],
  'trd-2': [
    { on: 'TriggerDefinition', drop: ['data'], put: { condition: { language: 'text/fhirpath', expression: '1' } } },
  ],
  'trd-3': [{ on: 'TriggerDefinition', drop: ['timing[x]'], put: { type: 'periodic' } }],
  'ait-1': [{ on: 'AllergyIntolerance', drop: ['clinicalStatus', 'verificationStatus'] }],
  'ait-2': [
    {
      on: 'AllergyIntolerance',
      put: {
        verificationStatus: concept('allergyintolerance-verification', 'entered-in-error'),
        clinicalStatus: concept('allergyintolerance-clinical', 'active'),
      },
    },
  ],
  'app-1': [{ on: 'Appointment.participant', drop: ['type', 'actor'] }],
  'app-2': [{ on: 'Appointment', drop: ['end'], put: { start: '2001-01-01T00:00:00Z', status: 'cancelled' } }],
  'app-3': [{ on: 'Appointment', drop: ['start', 'end'], put: { status: 'booked' } }],
  'app-4': [{ on: 'Appointment', put: { status: 'booked', cancelationReason: text } }],
  'apr-1': [{ on: 'AppointmentResponse', drop: ['participantType', 'actor'] }],
  'sev-1': [{ on: 'AuditEvent.entity', put: { name: 'x', query: 'YQ==' } }],
  'bdl-1': [{ on: 'Bundle', drop: ['entry'], put: { type: 'collection', total: 1 } }],
  'bdl-2': [
    { on: 'Bundle', drop: ['total'], put: { type: 'collection', entry: [entry({ search: { mode: 'match' } })] } },
  ],
  'bdl-3': [
    { on: 'Bundle', drop: ['total'], put: { type: 'collection', entry: [entry({ request })] } },
    { on: 'Bundle', drop: ['total'], put: { type: 'transaction', entry: [entry({})] } },
    { on: 'Bundle', drop: ['total'], put: { type: 'batch', entry: [entry({ request }), entry({})] } },
  ],
  'bdl-4': [
    { on: 'Bundle', drop: ['total'], put: { type: 'collection', entry: [entry({ response: { status: '200' } })] } },
    { on: 'Bundle', drop: ['total'], put: { type: 'batch-response', entry: [entry({})] } },
  ],
  'bdl-5': [
    { on: 'Bundle.entry', drop: ['resource', 'request', 'response'], put: { fullUrl: 'http://example.org/x' } },
  ],
  'bdl-7': [
    {
      on: 'Bundle',
      drop: ['total'],
      put: { type: 'collection', entry: [entry({ fullUrl: 'urn:uuid:1' }), entry({ fullUrl: 'urn:uuid:1' })] },
    },
  ],
  'bdl-8': [{ on: 'Bundle.entry', put: { fullUrl: 'http://example.org/fhir/Basic/zz/_history/1' } }],
  'bdl-9': [{ on: 'Bundle', drop: ['identifier', 'total'], put: { type: 'document', entry: [entry({})] } }],
  'bdl-10': [{ on: 'Bundle', drop: ['timestamp', 'total'], put: { type: 'document', entry: [entry({})] } }],
  'bdl-11': [{ on: 'Bundle', drop: ['total'], put: { type: 'document', entry: [entry({})] } }],
  'bdl-12': [{ on: 'Bundle', drop: ['total'], put: { type: 'message', entry: [entry({})] } }],
  'cpb-1': [{ on: 'CapabilityStatement', drop: ['rest', 'messaging', 'document'] }],
  'cpb-2': [{ on: 'CapabilityStatement', drop: ['description', 'software', 'implementation'] }],
  'cpb-3': [
    {
      on: 'CapabilityStatement',
      drop: ['implementation'],
      put: { kind: 'capability', messaging: [{ endpoint: [{ protocol: { code: 'http' }, address: 'http://x' }] }] },
    },
  ],
  'cpb-7': [
    { on: 'CapabilityStatement', put: { document: ['a', 'a'].map(() => ({ mode: 'producer', profile: 'http://x' })) } },
  ],
  'cpb-9': [{ on: 'CapabilityStatement.rest', put: { resource: [{ type: 'Patient' }, { type: 'Patient' }] } }],
  'cpb-12': [
    {
      on: 'CapabilityStatement.rest.resource',
      put: { searchParam: [1, 2].map(() => ({ name: 'x', type: 'string' })) },
    },
  ],
  'cpb-14': [{ on: 'CapabilityStatement', drop: ['implementation'], put: { kind: 'instance' } }],
  'cpb-15': [{ on: 'CapabilityStatement', drop: ['software'], put: { kind: 'capability' } }],
  'cpb-16': [{ on: 'CapabilityStatement', put: { kind: 'requirements', software: { name: 'x' } } }],
  'tcp-2': [{ on: 'TerminologyCapabilities', drop: ['description', 'software', 'implementation'] }],
  'tcp-3': [{ on: 'TerminologyCapabilities', drop: ['implementation'], put: { kind: 'instance' } }],
  'tcp-4': [{ on: 'TerminologyCapabilities', drop: ['software'], put: { kind: 'capability' } }],
  'tcp-5': [{ on: 'TerminologyCapabilities', put: { kind: 'requirements', software: { name: 'x' } } }],
  'tcp-1': [{ on: 'TerminologyCapabilities.codeSystem', put: { version: [{ code: '1' }, { isDefault: true }] } }],
  'cpl-3': [{ on: 'CarePlan.activity', put: { detail: { status: 'scheduled' }, reference } }],
  'csd-1': [{ on: 'CodeSystem', put: { concept: [{ code: 'a' }, { code: 'b', concept: [{ code: 'a' }] }] } }],
  'cmp-1': [{ on: 'Composition.section', drop: ['text', 'entry', 'section'], put: { title: 'x' } }],
  'cmp-2': [{ on: 'Composition.section', put: { emptyReason: text, entry: [reference] } }],
  'cmd-1': [{ on: 'ConceptMap.group.element.target', drop: ['comment'], put: { equivalence: 'narrower' } }],
  'cmd-2': [{ on: 'ConceptMap.group.unmapped', drop: ['code'], put: { mode: 'fixed' } }],
  'cmd-3': [{ on: 'ConceptMap.group.unmapped', drop: ['url'], put: { mode: 'other-map' } }],
  'con-1': [{ on: 'Condition.stage', drop: ['summary', 'assessment'], put: { type: text } }],
  'con-4': [{ on: 'Condition', drop: ['abatement[x]', 'clinicalStatus'], put: { abatementString: 'x' } }],
  'con-5': [
    {
      on: 'Condition',
      put: {
        verificationStatus: concept('condition-ver-status', 'entered-in-error'),
        clinicalStatus: concept('condition-clinical', 'active'),
      },
    },
  ],
  'ppc-1': [{ on: 'Consent', drop: ['policy', 'policyRule'] }],
  'ces-1': [
    { on: 'CoverageEligibilityResponse.insurance.item', put: { category: text, productOrService: text } },
    { on: 'CoverageEligibilityResponse.insurance.item', drop: ['category', 'productOrService'], put: { name: 'x' } },
  ],
  'fhs-1': [{ on: 'FamilyMemberHistory', drop: ['age[x]', 'born[x]'], put: { ageString: 'x', bornString: 'x' } }],
  'fhs-2': [{ on: 'FamilyMemberHistory', drop: ['age[x]'], put: { estimatedAge: true } }],
  'gol-1': [{ on: 'Goal.target', drop: ['measure', 'detail[x]'], put: { detailString: 'x' } }],
  'grp-1': [{ on: 'Group', put: { actual: false, member: [{ entity: reference }] } }],
  'imm-1': [{ on: 'Immunization.education', drop: ['documentType', 'reference'], put: { publicationDate: '2001' } }],
  'imr-1': [{ on: 'ImmunizationRecommendation.recommendation', drop: ['vaccineCode', 'targetDisease'] }],
  'ipn-1': [{ on: 'InsurancePlan', drop: ['identifier', 'name'] }],
  'lnk-1': [{ on: 'Linkage', put: { item: [{ type: 'source', resource: reference }] } }],
  'lst-1': [{ on: 'List', put: { emptyReason: text, entry: [{ item: reference }] } }],
  'lst-2': [{ on: 'List', put: { mode: 'snapshot', entry: [{ item: reference, deleted: true }] } }],
  'lst-3': [
    { on: 'List', drop: ['emptyReason'], put: { mode: 'changes', entry: [{ item: reference, date: '2001' }] } },
  ],
  'mea-1': [
    {
      on: 'Measure',
      put: {
        group: [
          {
            stratifier: [
              { description: 'x', code: text, component: [{ criteria: { language: 'text/cql', expression: 'x' } }] },
            ],
          },
        ],
      },
    },
  ],
  'mrp-1': [{ on: 'MeasureReport', put: { type: 'data-collection', group: [{ code: text }] } }],
  'mad-1': [{ on: 'MedicationAdministration.dosage', drop: ['dose', 'rate[x]'], put: { text: 'x' } }],
  'mdd-1': [
    {
      on: 'MedicationDispense',
      drop: ['whenPrepared', 'whenHandedOver'],
      put: { whenPrepared: '2020-01-01', whenHandedOver: '2019-01-01' },
    },
  ],
  'md-1': [{ on: 'MessageDefinition.focus', drop: ['max'], put: { max: '0' } }],
  'msq-3': [{ on: 'MolecularSequence', drop: ['coordinateSystem'], put: { coordinateSystem: 2 } }],
  'msq-5': [
    {
      on: 'MolecularSequence.referenceSeq',
      drop: ['genomeBuild', 'referenceSeqId', 'referenceSeqPointer'],
      put: { chromosome: text, referenceSeqString: 'A' },
    },
  ],
  'msq-6': [{ on: 'MolecularSequence.referenceSeq', put: { referenceSeqString: 'A', referenceSeqId: text } }],
  'nsd-1': [{ on: 'NamingSystem', put: { kind: 'root', uniqueId: [{ type: 'uuid', value: 'x' }] } }],
  'nsd-2': [
    { on: 'NamingSystem', put: { uniqueId: [1, 2].map(() => ({ type: 'uri', value: 'x', preferred: true })) } },
  ],
  'obs-3': [{ on: 'Observation.referenceRange', drop: ['low', 'high', 'text'], put: { type: text } }],
  'obs-6': [{ on: 'Observation', drop: ['value[x]'], put: { dataAbsentReason: text, valueString: 'x' } }],
  'obs-7': [
    {
      on: 'Observation',
      drop: ['value[x]', 'dataAbsentReason'],
      put: {
        code: { coding: [{ system: 'http://loinc.org', code: '1' }] },
        valueString: 'x',
        component: [{ code: { coding: [{ system: 'http://loinc.org', code: '1' }] } }],
      },
    },
  ],
  'opd-1': [{ on: 'OperationDefinition.parameter', drop: ['type', 'part', 'searchType', 'targetProfile'] }],
  'opd-2': [{ on: 'OperationDefinition.parameter', put: { type: 'code', searchType: 'string' } }],
  'opd-3': [
    { on: 'OperationDefinition.parameter', drop: ['searchType'], put: { type: 'code', targetProfile: ['http://x'] } },
  ],
  'org-1': [{ on: 'Organization', drop: ['identifier', 'name'] }],
  'org-2': [{ on: 'Organization.address', put: { use: 'home' } }],
  'org-3': [{ on: 'Organization.telecom', put: { use: 'home' } }],
  'inv-1': [
    { on: 'Parameters.parameter', drop: ['value[x]', 'resource', 'part'] },
    {
      on: 'Parameters.parameter',
      drop: ['value[x]'],
      put: { valueString: 'x', part: [{ name: 'x', valueCode: 'x' }] },
    },
    { on: 'Task', put: { authoredOn: '2020-01-01', lastModified: '2019-01-01' } },
  ],
  'inv-2': [
    {
      on: 'TestReport.test.action',
      drop: ['operation', 'assert'],
      put: { id: 'x', extension: [{ url: 'http://x', valueCode: 'x' }] },
    },
  ],
  'pat-1': [{ on: 'Patient.contact', drop: ['name', 'telecom', 'address', 'organization'], put: { gender: 'other' } }],
  'que-1': [plain('group', { text: 'x' }), plain('display', { item: [item('string', { linkId: 'deeper' })] })],
  'que-2': [{ on: 'Questionnaire', put: { item: [item('string'), item('string')] } }],
  'que-3': [plain('display', { code: [{ code: 'x' }] })],
  'que-4': [plain('choice', { answerOption: [{ valueString: 'x' }], answerValueSet: 'http://x' })],
  'que-5': [plain('text', { answerOption: [{ valueString: 'x' }] })],
  'que-6': [plain('display', { required: false })],
  'que-8': [plain('group', { initial: [{ valueString: 'x' }], item: [item('string', { linkId: 'deeper' })] })],
  'que-9': [plain('display', { readOnly: false })],
  'que-10': [plain('choice', { maxLength: 5 })],
  'que-11': [plain('choice', { answerOption: [{ valueString: 'x' }], initial: [{ valueString: 'x' }] })],
  'que-12': [
    {
      on: 'Questionnaire.item',
      drop: ['enableBehavior'],
      put: { enableWhen: [1, 2, 3].map(() => ({ question: 'a', operator: '=', answerString: 'x' })) },
    },
  ],
  'que-13': [plain('string', { repeats: false, initial: [{ valueString: 'x' }, { valueString: 'y' }] })],
  'que-7': [
    { on: 'Questionnaire.item.enableWhen', drop: ['answer[x]'], put: { operator: 'exists', answerString: 'x' } },
  ],
  'qrs-1': [
    { on: 'QuestionnaireResponse.item', put: { answer: [{ valueString: 'x' }], item: [{ linkId: 'x', text: 'x' }] } },
  ],
  'rqg-1': [
    { on: 'RequestGroup.action', put: { resource: reference, action: [{ resource: reference }] } },
    { on: 'RequestGroup.action', drop: ['resource', 'action'], put: { title: 'x' } },
  ],
  'ras-2': [{ on: 'RiskAssessment.prediction', drop: ['probability[x]'], put: { probabilityDecimal: 101 } }],
  'spd-1': [{ on: 'SearchParameter', drop: ['xpathUsage'], put: { xpath: 'x' } }],
  'spd-2': [{ on: 'SearchParameter', put: { chain: ['x'], type: 'string' } }],
  'prr-1': [{ on: 'ServiceRequest', drop: ['code'], put: { orderDetail: [text] } }],
  'smp-1': [{ on: 'StructureMap.group.rule.target', drop: ['context', 'contextType'], put: { element: 'x' } }],
  'smp-2': [{ on: 'StructureMap.group.rule.target', drop: ['contextType'], put: { context: 'x' } }],
  'tst-1': [
    {
      on: 'TestScript.setup.action',
      put: { operation: { encodeRequestUrl: true, url: 'x' }, assert: { warningOnly: true } },
    },
  ],
  'tst-2': [
    {
      on: 'TestScript.test.action',
      put: { operation: { encodeRequestUrl: true, url: 'x' }, assert: { warningOnly: true } },
    },
  ],
  'tst-3': [{ on: 'TestScript.variable', put: { expression: 'x', path: 'x', headerField: 'x' } }],
  'tst-5': [asserting('TestScript.setup.action.assert', { contentType: 'json', path: 'x' })],
  'tst-6': [asserting('TestScript.test.action.assert', { contentType: 'json', path: 'x' })],
  'tst-7': [operating('TestScript.setup.action.operation')],
  'tst-8': [operating('TestScript.test.action.operation')],
  'tst-9': [operating('TestScript.teardown.action.operation')],
  'tst-10': [asserting('TestScript.setup.action.assert', { compareToSourceId: 'x' })],
  'tst-11': [asserting('TestScript.test.action.assert', { compareToSourceId: 'x' })],
  'tst-12': [asserting('TestScript.setup.action.assert', { direction: 'request', responseCode: '200' })],
  'tst-13': [asserting('TestScript.test.action.assert', { direction: 'request', responseCode: '200' })],
  'vsd-1': [
    { on: 'ValueSet.compose.include', drop: ['valueSet', 'system', 'concept', 'filter'], put: { version: '1' } },
  ],
  'vsd-2': [
    {
      on: 'ValueSet.compose.include',
      drop: ['system', 'filter'],
      put: { concept: [{ code: 'x' }], valueSet: ['http://x'] },
    },
  ],
  'vsd-3': [
    {
      on: 'ValueSet.compose.include',
      put: { system: 'http://x', concept: [{ code: 'x' }], filter: [{ property: 'x', op: '=', value: 'x' }] },
    },
  ],
  'vsd-6': [{ on: 'ValueSet.expansion.contains', drop: ['code', 'display'], put: { abstract: true } }],
  'vsd-9': [{ on: 'ValueSet.expansion.contains', drop: ['code'], put: { display: 'x', abstract: false } }],
  'vsd-10': [{ on: 'ValueSet.expansion.contains', drop: ['system'], put: { code: 'x' } }],
  'con-2': [
    { on: 'Condition.evidence', drop: ['code', 'detail'], put: { extension: [{ url: 'http://x', valueCode: 'x' }] } },
  ],
  'ig-1': [{ on: 'ImplementationGuide.definition', put: { resource: [{ reference, groupingId: 'nobody' }] } }],
  'ig-2': [
    {
      on: 'ImplementationGuide',
      put: { fhirVersion: ['4.0.1'], definition: { resource: [{ reference, fhirVersion: ['3.0.1'] }] } },
    },
  ],
  'mrp-2': [
    {
      on: 'MeasureReport',
      put: {
        type: 'individual',
        group: [{ stratifier: [{ stratum: [{ value: text, component: [{ code: text, value: text }] }] }] }],
      },
    },
  ],
  'ras-1': [
    {
      on: 'RiskAssessment.prediction',
      drop: ['probability[x]'],
      put: { probabilityRange: { low: milligrams(1) } },
      step: 'probability',
    },
  ],
  'dom-3': [{ on: 'Patient', put: { contained: [basic] } }],
  'dom-4': [
    {
      on: 'Patient',
      put: { contained: [{ ...basic, meta: { versionId: '1' } }], generalPractitioner: [{ reference: '#zz' }] },
    },
  ],
  'dom-5': [
    {
      on: 'Patient',
      put: {
        contained: [{ ...basic, meta: { security: [{ code: 'R' }] } }],
        generalPractitioner: [{ reference: '#zz' }],
      },
    },
  ],
}
