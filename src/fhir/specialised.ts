/** Which data type specialises which, and what FHIRPath calls primitives. https://hl7.org/fhir/R4/datatypes.html */

/** Each data type that does not specialise `Element` itself. */
export const specialised: Readonly<Record<string, string>> = {
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

/** FHIRPath's own names of primitives, and whose they are in FHIR. https://hl7.org/fhir/R4/fhirpath.html#types */
export const fhirNames: Readonly<Record<string, string>> = {
  Boolean: 'boolean',
  Date: 'date',
  DateTime: 'dateTime',
  Decimal: 'decimal',
  Integer: 'integer',
  String: 'string',
  Time: 'time',
}
