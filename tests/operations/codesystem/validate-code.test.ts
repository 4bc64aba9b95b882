/** https://hl7.org/fhir/R4/codesystem-operation-validate-code.html */
import { runCases } from './asking.ts'

await runCases('validate-code')
