/** Like `broken-rules.ts`, for StructureDefinition and ElementDefinition. */
import type { JsonObject } from '../../../../src/fhir/resource.ts'

export type Broken = {
  /** The type, or the path of an element. */
  readonly on: string
  /** `value[x]` for all of a choice. */
  readonly drop?: readonly string[]
  readonly put?: JsonObject
  /** Where the constraint stands, if deeper than the object. */
  readonly step?: string
}

const element = (more: JsonObject): Broken => ({ on: 'ElementDefinition', put: more })
const within = (step: string, more: JsonObject): Broken => ({ on: 'ElementDefinition', put: more, step })
const whole = {
  id: 'Patient',
  path: 'Patient',
  definition: 'x',
  min: 0,
  max: '*',
  base: { path: 'Patient', min: 0, max: '*' },
}
const defined = (
  snapshot: 'snapshot' | 'differential',
  elements: readonly JsonObject[],
  step = '',
  more: JsonObject = {},
): Broken => ({
  on: 'StructureDefinition',
  drop: ['snapshot', 'differential'],
  put: { [snapshot]: { element: elements }, ...more },
  step,
})
export const brokenDefinitions: Readonly<Record<string, readonly Broken[]>> = {
  'eld-2': [element({ min: 2, max: '1' })],
  'eld-5': [element({ contentReference: '#x', type: [{ code: 'string' }] })],
  'eld-6': [element({ type: [{ code: 'string' }, { code: 'code' }], fixedString: 'x' })],
  'eld-7': [element({ type: [{ code: 'string' }, { code: 'code' }], patternString: 'x' })],
  'eld-8': [element({ fixedString: 'x', patternString: 'x' })],
  'eld-13': [element({ type: [{ code: 'string' }, { code: 'string' }] })],
  'eld-14': [element({ constraint: [1, 2].map(() => ({ key: 'a', severity: 'error', human: 'x' })) })],
  'eld-15': [element({ defaultValueString: 'x', meaningWhenMissing: 'x' })],
  'eld-16': [element({ sliceName: 'a b' })],
  'eld-18': [element({ isModifier: true })],
  'eld-19': [element({ path: '..' })],
  'eld-22': [element({ sliceIsConstraining: true })],
  'sdf-4': [{ on: 'StructureDefinition', drop: ['baseDefinition'], put: { abstract: false } }],
  'sdf-5': [{ on: 'StructureDefinition', drop: ['context'], put: { type: 'Extension', derivation: 'constraint' } }],
  'sdf-6': [{ on: 'StructureDefinition', drop: ['snapshot', 'differential'] }],
  'sdf-18': [{ on: 'StructureDefinition', put: { type: 'Patient', contextInvariant: ['true'] } }],
  'sdf-2': [{ on: 'StructureDefinition.mapping', drop: ['name', 'uri'], put: { identity: 'x' } }],
  'eld-1': [within('slicing', { slicing: { rules: 'open' } })],
  'eld-3': [within('max', { max: '-1' })],
  'eld-4': [within('type[0]', { type: [{ code: 'string', aggregation: ['contained'] }] })],
  'eld-12': [within('binding', { binding: { strength: 'required', valueSet: 'x' } })],
  'eld-17': [within('type[0]', { type: [{ code: 'string', targetProfile: ['http://x'] }] })],
  'sdf-1': [defined('snapshot', [whole, { ...whole, id: 'y' }], '', { derivation: 'specialization' })],
  'sdf-3': [defined('snapshot', [{ id: 'Patient', path: 'Patient', base: whole.base }], 'snapshot')],
  'sdf-8': [defined('snapshot', [{ ...whole, path: 'Person' }], 'snapshot')],
  'sdf-8a': [defined('differential', [{ ...whole, path: 'Person' }], 'differential')],
  'sdf-8b': [defined('snapshot', [{ id: 'Patient', path: 'Patient', definition: 'x', min: 0, max: '*' }], 'snapshot')],
  'sdf-9': [defined('differential', [{ ...whole, label: 'x' }])],
  'sdf-10': [defined('snapshot', [{ ...whole, binding: { strength: 'example' } }], 'snapshot.element[0]')],
  'sdf-11': [defined('snapshot', [{ ...whole, path: 'Person' }])],
  'sdf-14': [defined('differential', [{ path: 'Patient' }])],
  'sdf-15': [defined('snapshot', [{ ...whole, type: [{ code: 'Patient' }] }])],
  'sdf-15a': [defined('differential', [{ ...whole, type: [{ code: 'Patient' }] }])],
  'sdf-16': [defined('snapshot', [whole, { ...whole, path: 'Patient.name' }])],
  'sdf-17': [defined('differential', [whole, { ...whole, path: 'Patient.name' }])],
  'sdf-19': [
    defined('differential', [{ ...whole, type: [{ code: 'a/b' }] }], '', {
      url: 'http://hl7.org/fhir/StructureDefinition/x',
    }),
  ],
  'sdf-20': [defined('differential', [{ ...whole, slicing: { description: 'x', rules: 'open' } }], 'differential')],
  'sdf-21': [defined('differential', [{ ...whole, defaultValueString: 'x' }])],
  'sdf-22': [
    defined('differential', [{ ...whole, defaultValueString: 'x' }], '', {
      url: 'http://hl7.org/fhir/StructureDefinition/x',
    }),
  ],
  'sdf-23': [defined('differential', [{ ...whole, sliceName: 'x' }])],
}
