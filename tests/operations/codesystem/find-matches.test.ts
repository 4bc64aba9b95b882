/** https://hl7.org/fhir/R4/codesystem-operation-find-matches.html */
import { runCases } from './asking.ts'

await runCases('find-matches')
