/** A file validated without a server: `kiln validate`. */
import { error, FhirError, type Issue, isError } from '../../fhir/issue.ts'
import { parseJson } from '../../fhir/json.ts'
import { placesIn } from '../../fhir/json-place.ts'
import { isResource, type Json } from '../../fhir/resource.ts'
import { parseXml } from '../../fhir/xml/parse.ts'
import type { Context } from '../../interactions/interaction.ts'
import { explain, type Source } from './explain.ts'
import type { Asked, Validator } from './validator.ts'

export type FileNeeds = Pick<Context, 'validate' | 'shapes'> & {
  readonly validator: Validator
  readonly asked: Omit<Asked, 'tenant'>
  readonly colours: boolean
}

export type Report = { readonly text: string; readonly isValid: boolean }

export async function validateFile(name: string, bytes: Uint8Array, needs: FileNeeds): Promise<Report> {
  const text = new TextDecoder().decode(bytes)
  const { issues, placeOf } = await findings(text, bytes, needs)
  const source: Source = { name, text, ...(placeOf ? { placeOf } : {}) }
  return { text: explain(source, issues, needs.colours), isValid: !issues.some(isError) }
}

const noResource = error('structure', "this is not a resource: expected an object with a 'resourceType'")

type Findings = { readonly issues: readonly Issue[] } & Pick<Source, 'placeOf'>

async function findings(text: string, bytes: Uint8Array, needs: FileNeeds): Promise<Findings> {
  const isXml = /^\s*</.test(text)
  try {
    const content: Json = isXml ? parseXml(bytes, needs.shapes) : parseJson(bytes)
    const places = isXml ? {} : { placeOf: placesIn(text) }
    if (!isResource(content)) return { issues: [noResource], ...places }
    return { issues: await needs.validator(needs, content, { tenant: 'default', ...needs.asked }), ...places }
  } catch (fault) {
    if (fault instanceof FhirError) return { issues: fault.issues }
    throw fault
  }
}
