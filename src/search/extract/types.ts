/** Types as FHIRPath asks for them: a type is also everything that it specialises. https://hl7.org/fhir/R4/fhirpath.html#types */
import { fhirNames, specialised } from '../../fhir/specialised.ts'

export function isA(type: string, asked: string): boolean {
  const name = fhirNames[asked] ?? asked
  return type === name || specialised[type] === name
}

export function isPrimitive(type: string): boolean {
  return /^[a-z]/.test(type)
}
