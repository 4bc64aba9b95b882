/** R4's invariants as what to do, written from the sentences of the specification: a made object keeps those of its type. */
import type { Json, JsonObject } from '../../../src/fhir/resource.ts'
import { type Draft, exactlyOne, needs, oneAtLeast, oneAtMost } from './draft.ts'
import { moments } from './primitives.ts'

type Keep = (draft: Draft) => void

const ucum = 'http://unitsofmeasure.org'
const terminology = 'http://terminology.hl7.org/CodeSystem/'

const concept = (system: string, code: string): JsonObject => ({
  coding: [{ system: `${terminology}${system}`, code }],
})

function quantity({ put, drop, random }: Draft, codes: readonly string[], values: readonly Json[]): void {
  drop('value', 'system', 'code')
  put('value', random.pick(values))
  put('system', ucum)
  put('code', random.pick(codes))
}

const milligrams = (value: Json): JsonObject => ({ value, unit: 'mg', system: ucum, code: 'mg' })

const action: Keep = draft => exactlyOne(draft, 'operation', 'assert')
const operation: Keep = draft => {
  draft.drop('sourceId', 'targetId', 'params')
  draft.make('url')
}
const assertion: Keep = draft => {
  draft.drop('direction', 'compareToSourceExpression', 'compareToSourcePath', 'compareToSourceId')
  const asserted = ['contentType', 'expression', 'headerField', 'minimumId', 'navigationLinks', 'path']
  oneAtMost(draft, ...asserted, 'requestMethod', 'resource', 'responseCode', 'response', 'validateProfileId')
}
const statement: Keep = draft => {
  draft.put('kind', 'instance')
  draft.make('implementation')
}
/** Elements of a definition have to fit each other. */
const onlyOne: Keep = ({ members }) => {
  members['element'] = (members['element'] as readonly Json[]).slice(0, 1)
}
const workOnly: Keep = ({ members }) => {
  for (const element of ['telecom', 'address']) {
    const all = members[element] as readonly JsonObject[] | undefined
    if (all !== undefined) members[element] = all.map(one => ({ ...one, use: 'work' }))
  }
}

export const keptRules: Readonly<Record<string, Keep>> = {
  Quantity: draft => needs(draft, 'code', 'system'),
  SimpleQuantity: draft => draft.drop('comparator'),
  Age: draft => quantity(draft, ['a', 'mo'], [1, 42.5]),
  Distance: draft => quantity(draft, ['m', 'km'], [0, 3.5]),
  Duration: draft => quantity(draft, ['h', 'min'], [0, 90]),
  Count: draft => quantity(draft, ['1'], [0, 3, -1]),
  Attachment: draft => needs(draft, 'data', 'contentType'),
  ContactPoint: draft => needs(draft, 'value', 'system'),
  'DataRequirement.codeFilter': draft => exactlyOne(draft, 'path', 'searchParam'),
  'DataRequirement.dateFilter': draft => exactlyOne(draft, 'path', 'searchParam'),
  Expression: draft => oneAtLeast(draft, 'expression', 'reference'),
  Period: ({ drop, put, has }) => {
    const [start, end] = [has('start'), has('end')]
    drop('start', 'end')
    if (start || !end) put('start', moments[0] ?? '')
    if (end) put('end', moments[2] ?? '')
  },
  Range: ({ drop, put, has }) => {
    const [low, high] = [has('low'), has('high')]
    drop('low', 'high')
    if (low || !high) put('low', milligrams(1))
    if (high) put('high', milligrams(20))
  },
  Ratio: draft => {
    draft.make('numerator')
    draft.make('denominator')
  },
  'Timing.repeat': draft => {
    draft.drop('offset', 'periodMax', 'durationMax', 'countMax')
    for (const [amount, unit] of [
      ['period', 'periodUnit'],
      ['duration', 'durationUnit'],
    ] as const) {
      if (draft.has(amount)) {
        draft.drop(amount, unit)
        draft.put(amount, 2.5)
        draft.put(unit, 'h')
      }
    }
    oneAtMost(draft, 'timeOfDay', 'when')
  },
  TriggerDefinition: draft => {
    draft.drop('type', 'data', 'timing[x]', 'condition', 'name')
    draft.put('type', 'named-event')
    draft.make('name')
  },
  Appointment: draft => {
    draft.drop('start', 'end', 'cancelationReason', 'status')
    draft.put('status', 'booked')
    draft.put('start', moments[0] ?? '')
    draft.put('end', moments[1] ?? '')
  },
  'Appointment.participant': draft => oneAtLeast(draft, 'type', 'actor'),
  AppointmentResponse: draft => oneAtLeast(draft, 'participantType', 'actor'),
  AllergyIntolerance: draft => {
    draft.drop('verificationStatus', 'clinicalStatus')
    draft.put('clinicalStatus', concept('allergyintolerance-clinical', 'active'))
  },
  'AuditEvent.entity': draft => oneAtMost(draft, 'name', 'query'),
  CapabilityStatement: draft => {
    statement(draft)
    oneAtLeast(draft, 'rest', 'messaging')
    draft.drop('document')
  },
  TerminologyCapabilities: statement,
  'TerminologyCapabilities.codeSystem': draft => draft.drop('version'),
  'CapabilityStatement.rest': ({ members }) => {
    const resources = (members['resource'] ?? []) as readonly JsonObject[]
    if (resources.length > 0) {
      members['resource'] = resources.slice(0, 2).map((one, n) => ({ ...one, type: ['Patient', 'Basic'][n] }))
    }
  },
  'CapabilityStatement.rest.resource.searchParam': draft => {
    draft.drop('name')
    draft.put('name', `p${draft.random.below(1e9)}`)
  },
  'CarePlan.activity': draft => oneAtMost(draft, 'detail', 'reference'),
  'CareTeam.participant': draft => draft.drop('onBehalfOf'),
  'Composition.section': draft => {
    oneAtLeast(draft, 'text', 'entry')
    if (draft.has('entry')) draft.drop('emptyReason')
  },
  'ConceptMap.group.element.target': draft => draft.make('comment'),
  'ConceptMap.group.unmapped': draft => {
    draft.make('url')
    draft.make('code')
  },
  Condition: draft => {
    draft.drop('verificationStatus', 'clinicalStatus', 'abatement[x]')
    draft.put('clinicalStatus', concept('condition-clinical', 'active'))
  },
  'Condition.stage': draft => oneAtLeast(draft, 'summary', 'assessment'),
  'Condition.evidence': draft => oneAtLeast(draft, 'code', 'detail'),
  Consent: draft => oneAtLeast(draft, 'policy', 'policyRule'),
  'CoverageEligibilityResponse.insurance.item': draft => exactlyOne(draft, 'category', 'productOrService'),
  FamilyMemberHistory: draft => {
    oneAtMost(draft, 'age[x]', 'born[x]')
    if (!draft.has('age[x]')) draft.drop('estimatedAge')
  },
  'Goal.target': draft => needs(draft, 'detail[x]', 'measure'),
  Group: draft => {
    draft.drop('actual')
    draft.put('actual', true)
  },
  'Immunization.education': draft => oneAtLeast(draft, 'documentType', 'reference'),
  'ImmunizationRecommendation.recommendation': draft => oneAtLeast(draft, 'vaccineCode', 'targetDisease'),
  'ImplementationGuide.definition.resource': draft => draft.drop('fhirVersion', 'groupingId'),
  InsurancePlan: draft => oneAtLeast(draft, 'identifier', 'name'),
  Linkage: ({ members }) => {
    const items = members['item'] as readonly Json[]
    if (items.length < 2)
      members['item'] = [...items, ...items].map((item, n) => ({ ...(item as object), id: `i${n}` }))
  },
  List: draft => {
    draft.drop('emptyReason', 'mode')
    draft.put('mode', 'snapshot')
  },
  'List.entry': draft => draft.drop('date', 'deleted'),
  'Measure.group.stratifier': draft => {
    draft.drop('component')
    oneAtLeast(draft, 'code', 'description', 'criteria')
  },
  MeasureReport: draft => draft.drop('group'),
  'MedicationAdministration.dosage': draft => oneAtLeast(draft, 'dose', 'rate[x]'),
  MedicationDispense: draft => oneAtMost(draft, 'whenPrepared', 'whenHandedOver'),
  'MessageDefinition.focus': draft => {
    draft.drop('max')
    draft.put('max', draft.random.pick(['*', '1', '12']))
  },
  MolecularSequence: draft => {
    draft.drop('coordinateSystem')
    draft.put('coordinateSystem', draft.random.pick([0, 1]))
  },
  'MolecularSequence.referenceSeq': draft => {
    draft.drop('chromosome', 'genomeBuild', 'referenceSeqId', 'referenceSeqPointer', 'referenceSeqString')
    draft.put('referenceSeqString', 'ACGT')
  },
  'NamingSystem.uniqueId': draft => {
    draft.drop('preferred', 'type')
    draft.put('type', 'uri')
  },
  Observation: draft => oneAtMost(draft, 'value[x]', 'dataAbsentReason'),
  'Observation.referenceRange': draft => oneAtLeast(draft, 'low', 'high', 'text'),
  'OperationDefinition.parameter': draft => {
    draft.drop('searchType', 'targetProfile')
    draft.make('type')
  },
  Organization: draft => {
    workOnly(draft)
    oneAtLeast(draft, 'identifier', 'name')
  },
  'Parameters.parameter': draft => {
    oneAtMost(draft, 'value[x]', 'resource', 'part')
    if (!draft.has('resource', 'part')) draft.make('value[x]')
  },
  'CodeSystem.concept': draft => {
    draft.drop('code')
    draft.put('code', `c${draft.random.below(1e9)}`)
  },
  'Patient.contact': draft => oneAtLeast(draft, 'name', 'telecom', 'address', 'organization'),
  'Questionnaire.item': draft => {
    draft.drop('type', 'item', 'code', 'initial', 'answerOption', 'maxLength', 'enableBehavior')
    const types = ['boolean', 'decimal', 'date', 'string', 'choice', 'quantity']
    draft.put('type', draft.random.pick(types))
    if (draft.members['type'] === 'boolean') draft.drop('answerValueSet')
    draft.put('linkId', `l${draft.random.below(1e9)}`)
    draft.make('enableBehavior')
  },
  'Questionnaire.item.enableWhen': draft => {
    draft.drop('operator')
    draft.put('operator', '=')
  },
  'QuestionnaireResponse.item': draft => oneAtMost(draft, 'answer', 'item'),
  'RequestGroup.action': draft => {
    draft.drop('action')
    draft.make('resource')
  },
  'RiskAssessment.prediction': draft => draft.drop('probability[x]'),
  SearchParameter: draft => {
    draft.drop('chain')
    needs(draft, 'xpath', 'xpathUsage')
  },
  ServiceRequest: draft => needs(draft, 'orderDetail', 'code'),
  'StructureMap.group.rule.target': draft => {
    if (draft.has('element')) draft.make('context')
    if (draft.has('context')) draft.make('contextType')
  },
  Task: draft => oneAtMost(draft, 'authoredOn', 'lastModified'),
  'TestReport.setup.action': action,
  'TestReport.test.action': action,
  'TestScript.setup.action': action,
  'TestScript.test.action': action,
  'TestScript.setup.action.operation': operation,
  'TestScript.setup.action.assert': assertion,
  'TestScript.metadata.capability': draft => {
    draft.drop('required')
    draft.put('required', true)
  },
  'TestScript.variable': draft => oneAtMost(draft, 'expression', 'headerField', 'path'),
  'ValueSet.compose.include': draft => {
    oneAtMost(draft, 'concept', 'filter')
    draft.make('system')
  },
  'ValueSet.expansion.contains': draft => {
    for (const element of ['system', 'code']) {
      draft.drop(element)
      draft.make(element)
    }
  },
  /** Almost anything more of it means something only in its place. */
  ElementDefinition: ({ members }) => {
    const { short = 'x', comment = 'x', mustSupport = true } = members
    for (const name of Object.keys(members)) delete members[name]
    const base = { path: 'Patient', min: 0, max: '*' }
    Object.assign(members, {
      id: 'x',
      path: 'Patient',
      short,
      definition: 'x',
      comment,
      min: 0,
      max: '*',
      base,
      mustSupport,
    })
  },
  'StructureDefinition.snapshot': onlyOne,
  'StructureDefinition.differential': onlyOne,
  'StructureDefinition.mapping': draft => oneAtLeast(draft, 'name', 'uri'),
  StructureDefinition: draft => {
    for (const element of [
      'type',
      'contextInvariant',
      'context',
      'snapshot',
      'differential',
      'kind',
      'derivation',
      'url',
    ])
      draft.drop(element)
    draft.put('type', 'Patient')
    draft.put('kind', 'resource')
    draft.put('url', 'http://example.org/StructureDefinition/p')
    draft.put('derivation', 'constraint')
    draft.make('baseDefinition')
    draft.make(draft.random.pick(['snapshot', 'differential']))
  },
}
