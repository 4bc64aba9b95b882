/** https://hl7.org/fhir/R4/codesystem-operation-lookup.html */
import { runCases } from './asking.ts'

await runCases('lookup')
