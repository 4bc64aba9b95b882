/** Types as FHIRPath asks for them: a type is also everything that it specialises. https://hl7.org/fhir/R4/fhirpath.html#types */

const parents: Readonly<Record<string, string>> = {
  Age: 'Quantity',
  Count: 'Quantity',
  Distance: 'Quantity',
  Duration: 'Quantity',
  code: 'string',
  id: 'string',
  markdown: 'string',
  canonical: 'uri',
  oid: 'uri',
  url: 'uri',
  uuid: 'uri',
  positiveInt: 'integer',
  unsignedInt: 'integer',
}

/** FHIRPath's own names of primitives, which definitions use now and then: `value.ofType(DateTime)`. */
const systemTypes: Readonly<Record<string, string>> = {
  Boolean: 'boolean',
  Date: 'date',
  DateTime: 'dateTime',
  Decimal: 'decimal',
  Integer: 'integer',
  String: 'string',
  Time: 'time',
}

export function isA(type: string, asked: string): boolean {
  const name = systemTypes[asked] ?? asked
  return type === name || parents[type] === name
}

export function isPrimitive(type: string): boolean {
  return /^[a-z]/.test(type)
}
